"""What would be ordered if: scenarios of demand, lead time, service and costs beside the run as it was, in units and money."""
