//! Random numbers from a seed: xoshiro256** (Blackman and Vigna), filled by SplitMix64.

/// The generator. Not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Rng([u64; 4]);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self([mix(seed, 1), mix(seed, 2), mix(seed, 3), mix(seed, 4)])
    }

    pub(crate) const fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.0;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.0 = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// A number below `bound`, which is not 0; close to even, which is enough for timers.
    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        ((self.next() as u128 * bound as u128) >> 64) as u64
    }
}

/// The `step`th number of SplitMix64 with this seed: also a good hash of two numbers.
pub(crate) const fn mix(seed: u64, step: u64) -> u64 {
    let z = seed.wrapping_add(step.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_matches_its_reference() {
        // The first outputs of the reference implementation for seed 1234567.
        assert_eq!(mix(1_234_567, 1), 6_457_827_717_110_365_317);
        assert_eq!(mix(1_234_567, 2), 3_203_168_211_198_807_973);
    }

    #[test]
    fn below_is_below_and_spread() {
        let mut rng = Rng::new(7);
        let mut seen = [0u32; 10];
        for _ in 0..10_000 {
            seen[rng.below(10) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (850..1_150).contains(count)), "{seen:?}");
    }
}
