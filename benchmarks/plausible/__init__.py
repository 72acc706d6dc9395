"""Are generated lives like real ones? `python -m benchmarks.plausible --help`.

A town is lived, and what came out stands beside ranges in which real data is known to lie. They
are ranges, not points: countries, years and definitions differ by more than any second digit.
Nothing is tuned to make a method of ours look good, and a miss is told as one. Each range says how
sure it is:

published  it spans figures that stand in the sources
derived    it was worked out from published figures, with our own guess at parts that they leave out
at_hand    it was measured on real data that was at hand
judgement  no such figure was found: what we would believe; a miss is a reason to think, no more

The sources, by the names that `benchmarks.plausible.known` uses, and what they say. Most was
read in their own releases and reports or in the press about them, not in the tables that
are named.

eurostat      Household consumption by purpose, EU, nama_10_co3_p3, % of all, of 2018 / 2019 /
              2021: housing, water and energy 24.0 / 23.5 / 25.0 (with rents that owners are
              thought to pay themselves); food 12.1 / 13.0 / 14.3; alcohol and tobacco 3.9 / 4.0
              / -; transport 13.2 / 13.1 / 12.1; recreation and culture 9.1 / 8.7 / 8.0;
              restaurants and hotels 8.7 / 8.7 / 6.6; furnishings 5.4 / 5.5 / 6.0; clothing 4.7
              / 4.6 / 4.2; health 3.9 / 4.4 / 4.7; communications 2.3 / 2.4 / -; education 1.2 /
              0.9 / 0.9.
eurostat_hbs  Household Budget Survey 2020, hbs_str_t211, 23 countries, %: housing, water and
              energy 32.7; food 17.1; transport 10.8; recreation 6.7; furnishings 4.9;
              restaurants and hotels 4.8; clothing 4.0. Fields were partly of the pandemic.
eurostat_save Households: income, saving and investment: saving rate of the EU 12.0 % in 2019,
              12.7 % in 2022; of single countries in 2016 from -2 to 20 %.
ons           Family Spending, UK, pounds a week. Year ending 2016, of 528.90: transport 72.70;
              housing, fuel and power 72.50; recreation 68.00; food 56.80; restaurants and
              hotels 45.10; household goods 35.50; clothing 23.50; communication 16.00; alcohol
              and tobacco 11.40; health 7.20; education 7.00. Ending 2019: housing 17 % with
              mortgage interest. Ending 2024: restaurants and hotels 7 %.
bls           Consumer Expenditure Survey, US, %. 2022, table B: housing 33.3; transport 16.8;
              food 12.8; insurance and pensions 12.0; health care 8.0; all others below 5. 2012:
              shelter 19.2; utilities with phone 7.1; running the household 2.3; furnishings
              3.1; food at home 7.6, away 5.2; alcohol 0.9; clothing 3.4; vehicles bought 6.2;
              entertainment 5.1. Pensions are mostly kept back from pay, so other shares are
              divided by 0.88 here.
jpmc          JPMorgan Chase Institute. Weathering Volatility 2.0 (2019), six million families:
              monthly income has a coefficient of variation of 0.36 in the median, spending one
              that is 15 % lower. Cash buffers in June 2021: 22 days of spending in the lowest
              quarter of incomes, 43 in the highest. Big Spend on the Weekend (2016): most card
              spending on Friday and Saturday.
diaries       US Financial Diaries (2015): monthly income varies by 0.39 on average, 0.34 above
              poverty.
one_consumer  MoneyData, one real consumer's accounts over 85 months: spending without own
              transfers varies by 0.25, card payments by 0.51, income by 0.26.
council       219,812 real purchases with cards of a UK city council, 2014 to 2018 (`--real`):
              cards vary by 0.89; 70 % of texts were seen before on the card; 2.8 % of rows give
              money back; first digits are 0.011 off Benford; nine of ten amounts are below 6.1
              medians. Bought for offices and schools, on working days: its weekdays say nothing
              of households.
atlanta_fed   Survey and Diary of Consumer Payment Choice: 39 payments a month and consumer in
              2022, 43 % of their value by ACH from a bank account; in 2020 35 payments, of
              which 8.4 bills.
uk_finance    UK Payment Markets: 48.1 thousand million payments in 2023, some 87 % by
              consumers. 2015, a minute: 72,514 payments, of them 32,740 in cash, 7,436 direct
              debits, 952 standing orders.
ecb           Payments statistics, euro area, second half of 2023: 71.2 thousand million
              payments without cash: cards 56 %, credit transfers 21 %, direct debits 15 %,
              e-money 6 %. A card payment was of 44 euros in 2018, of about 39 in 2024.
uk_cards      UK Finance, 2018: 35 pounds a card payment.
benford_2012  Benford's Law (Wiley, 2012): first digits conform closely up to a mean absolute
              deviation of 0.006, acceptably to 0.012, marginally to 0.015.
plaid         Transaction states: most begin as pending and post after one to five working days;
              some institutions give no pending ones.
acquirer      A card acquirer's guidance to shops (Dharma): 2 % of sales given back is usual, 12
              % too many.
yougov        YouGov Finance, UK, 2023 to 2024: 30 % are overdrawn at some time of a month.
"""
