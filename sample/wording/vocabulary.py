"""What banks of each country call the kinds of booking: first money out, then money in."""

from collections.abc import Mapping

from schemas.transactions import Kind

Words = Mapping[Kind, tuple[str, str]]

_AMERICAN: Words = {
    "card": ("POS DEBIT", "POS RETURN"),
    "refund": ("POS RETURN", "POS RETURN"),
    "transfer": ("ONLINE TRANSFER TO", "ONLINE TRANSFER FROM"),
    "direct_debit": ("ACH DEBIT", "ACH CREDIT"),
    "standing_order": ("BILL PAY TO", "BILL PAY FROM"),
    "cash": ("ATM WITHDRAWAL", "ATM CASH DEPOSIT"),
    "fee": ("SERVICE CHARGE", "FEE REVERSAL"),
    "interest": ("INTEREST CHARGE", "INTEREST PAYMENT"),
    "salary": ("PAYROLL REVERSAL", "DIRECT DEPOSIT"),
    "other": ("DEBIT MEMO", "CREDIT MEMO"),
}
_BRITISH: Words = {
    "card": ("CARD PAYMENT TO", "CARD CREDIT FROM"),
    "refund": ("REFUND FROM", "REFUND FROM"),
    "transfer": ("FASTER PAYMENT TO", "FASTER PAYMENT FROM"),
    "direct_debit": ("DIRECT DEBIT TO", "DIRECT DEBIT REFUND FROM"),
    "standing_order": ("STANDING ORDER TO", "STANDING ORDER FROM"),
    "cash": ("CASH MACHINE", "CASH PAID IN AT"),
    "fee": ("CHARGE", "CHARGE REFUNDED"),
    "interest": ("INTEREST CHARGED", "INTEREST PAID"),
    "salary": ("PAY RETURNED TO", "BANK GIRO CREDIT FROM"),
    "other": ("DEBIT", "CREDIT"),
}
_GERMAN: Words = {
    "card": ("KARTENZAHLUNG", "KARTENGUTSCHRIFT"),
    "refund": ("GUTSCHRIFT", "GUTSCHRIFT"),
    "transfer": ("UEBERWEISUNG AN", "GUTSCHRIFT VON"),
    "direct_debit": ("LASTSCHRIFT", "RUECKLASTSCHRIFT"),
    "standing_order": ("DAUERAUFTRAG AN", "DAUERAUFTRAG VON"),
    "cash": ("BARGELDAUSZAHLUNG", "BARGELDEINZAHLUNG"),
    "fee": ("ENTGELT", "ENTGELTERSTATTUNG"),
    "interest": ("ABSCHLUSS SOLLZINSEN", "ABSCHLUSS HABENZINSEN"),
    "salary": ("RUECKRUF GEHALT", "GEHALT/RENTE"),
    "other": ("BELASTUNG", "GUTSCHRIFT"),
}
_SPANISH: Words = {
    "card": ("COMPRA", "ABONO COMPRA"),
    "refund": ("DEVOLUCION COMPRA", "DEVOLUCION COMPRA"),
    "transfer": ("TRANSFERENCIA A FAVOR DE", "TRANSFERENCIA DE"),
    "direct_debit": ("RECIBO", "DEVOLUCION RECIBO"),
    "standing_order": ("TRANSFERENCIA PERIODICA A", "TRANSFERENCIA PERIODICA DE"),
    "cash": ("REINTEGRO CAJERO", "INGRESO EFECTIVO"),
    "fee": ("COMISION", "DEVOLUCION COMISION"),
    "interest": ("LIQUIDACION INTERESES", "ABONO INTERESES"),
    "salary": ("DEVOLUCION NOMINA", "ABONO NOMINA"),
    "other": ("ADEUDO", "ABONO"),
}
_JAPANESE: Words = {
    "card": ("RIYOU", "RIYOU TORIKESHI"),
    "refund": ("HENPIN", "HENPIN"),
    "transfer": ("FURIKOMI", "FURIKOMI NYUUKIN"),
    "direct_debit": ("KOUZA FURIKAE", "FURIKAE HENKIN"),
    "standing_order": ("TEIGAKU SOUKIN", "TEIGAKU NYUUKIN"),
    "cash": ("ATM SHUKKIN", "ATM AZUKEIRE"),
    "fee": ("TESUURYOU", "TESUURYOU HENKIN"),
    "interest": ("KARIIRE RISOKU", "UKETORI RISOKU"),
    "salary": ("KYUUYO KUMIMODOSHI", "KYUUYO FURIKOMI"),
    "other": ("SHUKKIN", "NYUUKIN"),
}

OF_COUNTRY: Mapping[str, Words] = {
    "US": _AMERICAN,
    "GB": _BRITISH,
    "DE": _GERMAN,
    "ES": _SPANISH,
    "JP": _JAPANESE,
}

ENGLISH_CODES: Words = {
    "card": ("VIS", "VIS"),
    "refund": ("CR", "CR"),
    "transfer": ("FPO", "FPI"),
    "direct_debit": ("DD", "DD"),
    "standing_order": ("SO", "SO"),
    "cash": ("ATM", "CSH"),
    "fee": ("CHG", "CHG"),
    "interest": ("DR", "INT"),
    "salary": ("BP", "BGC"),
    "other": ("BP", "CR"),
}
"""What British statements that save ink write instead."""
