/// Numbers by a fixed seed.
package struct SeededNumbers {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }

    package mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }

    /// A number from -1 to 1.
    package mutating func signed() -> Float { Float(below(2_000_001) - 1_000_000) / 1_000_000 }
}
