/* The rule with proportional sizing, drift and a commission rate as one plain loop: what a person
 * would write by hand for this case alone. It keeps the equity of every bar and the trades, and no
 * reasons. Units are those of the trading rules. */
#include <stdint.h>

typedef int64_t i64;
typedef __int128 wide;

typedef struct {
    i64 up, down, ratio, min_stock, max_stock, tolerance, min_notional, max_per_day, lot, rate;
} strategy;

typedef struct {
    i64 bar, side, quantity, price, commission;
} trade;

static const i64 PPM = 1000000, VALUE_PER_MICRO = 10000;

static inline i64 floor_div(wide a, wide c) {
    wide q = a / c;
    return (i64)(q - (a % c < 0));
}
static inline i64 muldiv(i64 a, i64 b, i64 c) { return floor_div((wide)a * b, c); }
static inline i64 muldiv_up(i64 a, i64 b, i64 c) { return -floor_div(-(wide)a * b, c); }
static inline i64 lots(i64 quantity, i64 lot) { return quantity / lot * lot; }
static inline i64 lots_up(i64 quantity, i64 lot) { return -floor_div(-(wide)quantity, lot) * lot; }
static inline i64 smaller(i64 a, i64 b) { return a < b ? a : b; }

static i64 commission(i64 quantity, i64 price, i64 rate) {
    return -floor_div(-(wide)rate * quantity * price, 10000000000LL);
}
static i64 cost(i64 quantity, i64 price) { return muldiv_up(quantity, price, VALUE_PER_MICRO); }
static i64 proceeds(i64 quantity, i64 price) { return muldiv(quantity, price, VALUE_PER_MICRO); }

static i64 one_step_less(i64 quantity, i64 price, i64 lot) {
    i64 less = quantity - lots_up((20000 + price - 1) / price, lot);
    return less > 0 ? less : 0;
}

static i64 drift(int sells, i64 p, i64 q, i64 cash, const strategy *s) {
    i64 stock = q * p, value = stock + cash * VALUE_PER_MICRO, bound = sells ? s->max_stock : s->min_stock;
    i64 gross = p * PPM;
    if (!sells) {
        i64 paid = muldiv(bound * s->rate, p, PPM), target = muldiv_up(bound, value, PPM);
        i64 quantity = lots_up(muldiv_up(target - stock, PPM, gross + paid), s->lot);
        return quantity > s->lot ? quantity : s->lot;
    }
    i64 net = gross - muldiv_up(bound * s->rate, p, PPM);
    i64 quantity = lots_up(muldiv_up(stock - muldiv(bound, value, PPM), PPM, net), s->lot);
    i64 left = (q - quantity) * p;
    i64 after = left + (cash + proceeds(quantity, p) - commission(quantity, p, s->rate)) * VALUE_PER_MICRO;
    return left > muldiv(bound, after, PPM) ? quantity + lots_up(muldiv_up(20000, PPM, net), s->lot) : quantity;
}

static i64 cash_bound(i64 p, i64 cash, const strategy *s) {
    i64 bound = muldiv(cash * VALUE_PER_MICRO, PPM, p * PPM + s->rate * p);
    i64 quantity = lots(bound, s->lot);
    int fits = cost(quantity, p) + commission(quantity, p, s->rate) <= cash;
    return fits ? bound : one_step_less(quantity, p, s->lot);
}

static i64 guardrail(int sells, i64 p, i64 q, i64 cash, const strategy *s) {
    i64 stock = q * p, value = stock + cash * VALUE_PER_MICRO;
    if (sells) {
        i64 paid = muldiv(s->min_stock * s->rate, p, PPM);
        i64 bound = muldiv(stock - muldiv_up(s->min_stock, value, PPM), PPM, p * PPM - paid);
        return bound > 0 ? bound : 0;
    }
    i64 paid = muldiv_up(s->max_stock * s->rate, p, PPM);
    i64 bound = muldiv(muldiv(s->max_stock, value, PPM) - stock, PPM, p * PPM + paid);
    if (bound <= 0)
        return 0;
    i64 quantity = lots(bound, s->lot), held = (q + quantity) * p;
    i64 after = held + (cash - cost(quantity, p) - commission(quantity, p, s->rate)) * VALUE_PER_MICRO;
    return held <= muldiv(s->max_stock, after, PPM) ? bound : one_step_less(quantity, p, s->lot);
}

static int worsens(int sells, i64 x, i64 p, i64 q, i64 cash, const strategy *s) {
    i64 stock = q * p, value = stock + cash * VALUE_PER_MICRO, k = commission(x, p, s->rate);
    i64 held = (sells ? q - x : q + x) * p;
    i64 after = held + (cash + (sells ? proceeds(x, p) : -cost(x, p)) - k) * VALUE_PER_MICRO;
    if (held > muldiv(s->max_stock, after, PPM))
        return !sells || stock <= muldiv(s->max_stock, value, PPM) || muldiv(q - x, value, q) >= after;
    return held < muldiv_up(s->min_stock, after, PPM)
        && (sells || stock >= muldiv_up(s->min_stock, value, PPM));
}

i64 run(const i64 *closes, const i64 *dates, i64 count, const strategy *s, i64 q, i64 cash,
        i64 *equity, trade *trades) {
    i64 made = 0, today = 0, date = 0;
    i64 anchor = closes[0], sell_at = 0, buy_at = 0, drift_sells = 0, drift_buys = 0, changed = 1;
    i64 most = s->max_stock + s->tolerance, least = s->min_stock - s->tolerance;
    for (i64 i = 0; i < count; i++) {
        i64 p = closes[i];
        if (changed) { /* the prices from which something is to be done */
            wide funds = (wide)cash * VALUE_PER_MICRO;
            sell_at = -floor_div(-(wide)anchor * (PPM + s->up), PPM);
            buy_at = floor_div((wide)anchor * (PPM - s->down), PPM);
            drift_sells = floor_div(funds * most, (wide)q * (PPM - most)) + 1;
            drift_buys = -floor_div(-funds * least, (wide)q * (PPM - least)) - 1;
            changed = 0;
        }
        if (i > 0 && (p >= sell_at || p <= buy_at || p >= drift_sells || p <= drift_buys)) {
            int triggered = p >= sell_at ? -1 : p <= buy_at ? 1 : 0;
            int drifted = p >= drift_sells ? -1 : p <= drift_buys ? 1 : 0;
            int by_drift = drifted && drifted != triggered, sells = (by_drift ? drifted : triggered) < 0;
            if (dates[i] != date) {
                date = dates[i];
                today = 0;
            }
            if (today < s->max_per_day) {
                i64 gap = anchor > p ? anchor - p : p - anchor, value = q * p + cash * VALUE_PER_MICRO;
                i64 x = by_drift ? drift(sells, p, q, cash, s)
                                 : muldiv(gap * s->ratio, value, p * PPM) / p;
                x = smaller(x, sells ? q : cash_bound(p, cash, s));
                if (!by_drift)
                    x = smaller(x, guardrail(sells, p, q, cash, s));
                x = lots(x, s->lot);
                if (x > 0 && !worsens(sells, x, p, q, cash, s)
                    && x * p >= s->min_notional * VALUE_PER_MICRO) {
                    i64 k = commission(x, p, s->rate);
                    cash += (sells ? proceeds(x, p) : -cost(x, p)) - k;
                    q += sells ? -x : x;
                    anchor = p;
                    today++;
                    changed = 1;
                    trades[made++] = (trade){i, sells ? -1 : 1, x, p, k};
                }
            }
        }
        equity[i] = q * p + cash * VALUE_PER_MICRO;
    }
    return made;
}
