/// How the learning rate goes with time.
public struct Schedule: Sendable, Equatable {
    /// The course after the warm-up.
    public enum Course: String, Sendable, CaseIterable {
        /// It stays.
        case constant
        /// Half a cosine down to the floor at the end.
        case cosine
        /// A line down to the floor at the end.
        case linear
        /// It is multiplied by the factor after every so many epochs.
        case step
    }

    /// The course after the warm-up.
    public var course = Course.constant
    /// The steps in which the rate rises from near 0.
    public var warmup = 0
    /// The least share of the rate, for ``Course/cosine`` and ``Course/linear``.
    public var floor = 0.0
    /// What ``Course/step`` multiplies with.
    public var factor = 0.1
    /// After how many epochs ``Course/step`` does so.
    public var every = 10

    /// A rate that stays.
    public init() {}

    /// The share of the learning rate that a step is made with.
    ///
    /// - Parameters:
    ///   - step: from 0.
    ///   - stepsPerEpoch: how many there are in an epoch.
    ///   - epochs: how many epochs there will be.
    public func share(step: Int, stepsPerEpoch: Int, epochs: Int) -> Double {
        if step < warmup { return Double(step + 1) / Double(warmup + 1) }
        let total = max(1, stepsPerEpoch * epochs - warmup)
        let done = min(1, Double(step - warmup) / Double(total))
        switch course {
        case .constant: return 1
        case .cosine: return floor + (1 - floor) * (1 + PlainMath.cosine(halfTurns: done)) / 2
        case .linear: return floor + (1 - floor) * (1 - done)
        case .step:
            var share = 1.0
            for _ in 0..<(step / max(1, stepsPerEpoch) / max(1, every)) { share *= factor }
            return share
        }
    }
}
