"""What the columns of a marketplace's reports are called, by country, age and language of the report."""

from collections.abc import Mapping, Sequence

from data.sources.headers import normalised

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "sku": (
        "seller_sku",
        "merchant_sku",
        "msku",
        "Händler-SKU",
        "Verkäufer-SKU",
        "sku-vendeur",
        "SKU venditore",
        "SKU del vendedor",
        "SKU del comerciante",
        "出品者SKU",
        "卖家 SKU",
        "商户SKU",
    ),
    "product_name": (
        "title",
        "item_name",
        "Produktname",
        "Artikelbezeichnung",
        "Titel",
        "nom-produit",
        "nome prodotto",
        "nombre del producto",
        "商品名",
        "商品タイトル",
        "商品名称",
    ),
    "fnsku": ("fulfillment_channel_sku", "Amazon-SKU"),
    "country": ("Land", "Pays", "Paese", "País", "国", "国/地域", "国家", "国家/地区"),
    "quantity": ("Menge", "Anzahl", "quantité", "quantità", "cantidad", "数量"),
    "date": ("Datum", "data", "fecha", "日付", "日期"),
    "snapshot_date": ("Datum der Momentaufnahme", "スナップショット日", "快照日期"),
    "amazon_order_id": ("Amazon-Bestellnummer", "Bestellnummer", "numéro de commande Amazon", "注文番号", "订单编号", "亚马逊订单编号"),
    "purchase_date": ("Kaufdatum", "Bestelldatum", "date d'achat", "data di acquisto", "fecha de compra", "購入日", "注文日", "购买日期"),
    "last_updated_date": ("Datum der letzten Aktualisierung", "最終更新日", "最后更新日期"),
    "order_status": ("Bestellstatus", "statut de la commande", "stato dell'ordine", "estado del pedido", "注文ステータス", "订单状态"),
    "item_price": ("Artikelpreis", "prix de l'article", "商品の金額", "商品价格"),
    "sales_channel": ("Vertriebskanal", "canal de vente", "販売経路", "销售渠道"),
    "fulfillment_channel": ("Versandkanal", "フルフィルメントチャネル", "配送渠道"),
    "available": ("Verfügbar", "disponible", "disponibile", "在庫あり", "販売可能", "可售"),
    "unfulfillable": ("Nicht versandfähig", "販売不可", "不可售"),
    "working": ("In Bearbeitung", "処理中", "正在处理"),
    "shipped": ("Versendet", "出荷済み", "已发货"),
    "receiving": ("Wird empfangen", "受領中", "正在接收"),
    "supplier": ("Lieferant", "仕入先", "供应商"),
    "price": ("Preis", "価格", "价格"),
    "recommended_replenishment_qty": ("Empfohlene Nachschubmenge", "推奨補充数量", "建议补货数量", "建议的补货数量"),
    "recommended_ship_date": ("Empfohlenes Versanddatum", "推奨出荷日", "建议发货日期"),
    "recommended_ship_in_quantity": ("recommended_ship_in_qty",),
    "recommended_action": ("Empfohlene Aktion", "推奨される対応", "建议措施", "建议操作"),
    "days_of_supply": ("days_of_supply_at_amazon_fulfillment_network",),
    "days_of_supply_with_inbound": (
        "total_days_of_supply_(including_units_from_open_shipments)",
        "total_days_of_supply",
    ),
    "afn_fulfillable_quantity": ("Amazon出荷在庫(出荷可)",),
    "customer_order": ("customer_orders",),
    "fc_transfer": ("fc_transfers", "reserved_fc_transfers"),
    "fc_processing": ("reserved_fc_processing",),
    "data_time": ("dataendtime",),
}
"""A column's name as the presets use it → other names of it. English ones are those of the reports themselves, the rest are
translations seen or likely; what is missing here is mapped by `[inputs.exports] columns`."""

_CANONICAL = {normalised(other): name for name, others in OTHER_NAMES.items() for other in others}


def canonical_name(header: str, mapping: Mapping[str, str]) -> str:
    """Return the name by which presets know a column of a report; `mapping` is the config's, which goes first."""
    name = normalised(header)
    told = {normalised(source): normalised(target) for source, target in mapping.items()}
    name = told.get(name, name)
    return _CANONICAL.get(name, name)


def canonical_header(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """Return canonical name → position; of two columns of one name the first counts."""
    positions: dict[str, int] = {}
    for position, name in enumerate(header):
        if name:
            positions.setdefault(canonical_name(name, mapping), position)
    return positions


def every_name(names: Sequence[str], mapping: Mapping[str, str]) -> frozenset[str]:
    """Return all normalised spellings of columns, which tell the separator of a text file."""
    others = [normalised(other) for name in names for other in OTHER_NAMES.get(name, ())]
    return frozenset([*names, *others, *(normalised(source) for source in mapping)])
