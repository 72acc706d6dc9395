"""Who was paid, as far as a bank's text tells: its words, and the stem that they begin with."""

from functools import lru_cache
from string import digits, punctuation

_NO_LETTERS = {ord(sign): " " for sign in digits + punctuation}
_KEY_LENGTH_MAX = 60
_STEM_LENGTH = 4
_TELLS_ENOUGH = 8
_FIRST_WORDS = 2
# What banks write of how it was paid, and of which way the money went, in several languages.
_OF_BANKS = """
a abono ach an atm att attm av b bacs bgc bill bp bpay cajero card carta carte cash cb checkcard
chip chq co compra con confirmation contactless cr crd credit credito d da date dbt dc dd de deb
debit debito debitto des devolucion e efectivo ein einkauf el elv en eref et faster fpi fpo from
fur furikae furikomi geldautomat giro girocard gutschrift henkin henpin id im in inc ind instant
int internet intl ito k kaado kaigai karte kartengutschrift kartenzahlung kauf kokunai konto
kredit kunde kurekaado la lastschrift le los m mastercard mc mobile mref nyuukin o of online op
ord overseas p pago paid paiement payment paypal pc pending point pos pp ppd prlv purchase rcd
recurring reembolso ref refund reintegro retirada retour retrait return reversal riyou s sagt sale
sales sb sepa shiharai shukkin so sq stripe sumup svwz t tarj tarjeta the to torikeshi trans
transaction trn tst ueberweisung und us vdc vdp vis visa von vst web withdrawal www xx xxx xxxx
zahlung zettle
"""
_SAYS_NOTHING = frozenset(_OF_BANKS.split())


# Banks write a reference or a date into many texts, so few of them come twice as they are.
def words_of(text: str) -> str:
    """Give the words that may name a payee, in small letters; none where no word may.

    >>> words_of("DEVOLUCION COMPRA TARJ. *3310 CORTE INGLES STORE 5676, MADRID")
    'corte ingles store madrid'
    """
    words = text.translate(_NO_LETTERS).casefold().split()
    return " ".join([word for word in words if word not in _SAYS_NOTHING])[:_KEY_LENGTH_MAX]


@lru_cache(maxsize=16_384)
def stem_of(key: str) -> str:
    """Give what all spellings of one payee begin with; empty where no payee is named.

    >>> stem_of("home depot store"), stem_of("homedepot com"), stem_of("7 91")
    ('home', 'home', '')
    """
    return words_of(key).replace(" ", "")[:_STEM_LENGTH]


def same_name(one: str, other: str) -> bool:
    """Say whether two keys are one name, which may have been cut short.

    >>> same_name("home depot austin", "home dep"), same_name("carrefour city", "carrefour express")
    (True, False)
    """
    short, long = sorted((one, other), key=len)
    return bool(stem_of(short)) and (
        short == long or (len(short) >= _STEM_LENGTH and long.startswith(short))
    )


@lru_cache(maxsize=16_384)
def same_payee(one: str, other: str) -> bool:
    """Say whether two keys name one payee, perhaps at another place.

    >>> same_payee("starbucks store", "starbucks seattle"), same_payee("ito yokado", "itoya")
    (True, False)
    """
    if not (stem_of(one) and stem_of(other)):
        return False
    short, long = sorted((one.replace(" ", ""), other.replace(" ", "")), key=len)
    alike = len(short) >= _TELLS_ENOUGH and long.startswith(short[:_TELLS_ENOUGH])
    return short == long or alike or (len(short) >= _STEM_LENGTH and long.startswith(short))


def shares_word(one: str, other: str) -> bool:
    """Say whether two keys have a word of some length in common near their beginning.

    >>> shares_word("amzn kindle leeds", "kindle unlimited"), shares_word("robin leeds", "asda")
    (True, False)
    """
    mine, theirs = (set(words_of(key).split()[:_FIRST_WORDS]) for key in (one, other))
    if any(len(word) >= _STEM_LENGTH for word in mine & theirs):
        return True
    return bool(stem_of(one)) and stem_of(one) == stem_of(other)
