import CTrees

/// XGBoost, through its C API.
final class TreeBooster {
    /// Rows as XGBoost has them.
    final class Rows {
        fileprivate let handle: UnsafeMutableRawPointer
        private let functions: VintageTreeFunctions

        /// Takes rows; a value that is no number is missing.
        init(
            _ matrix: FeatureMatrix, target: [Float]? = nil, weight: [Float]? = nil, workers: Int
        ) throws(LearningError) {
            let functions = try TreeBooster.functions()
            self.functions = functions
            var handle: UnsafeMutableRawPointer?
            let status = matrix.numbers.withUnsafeBufferPointer { values in
                let address = UInt(bitPattern: values.baseAddress)
                let described =
                    "{\"data\":[\(address),true],\"shape\":[\(matrix.count),\(matrix.width)],\"typestr\":\"<f4\",\"version\":3}"
                return functions.dense(described, "{\"missing\":NaN,\"nthread\":\(workers)}", &handle)
            }
            try TreeBooster.check(status, functions)
            guard let handle else { throw .trees("XGBoost made no matrix") }
            self.handle = handle
            for (field, values) in [("label", target), ("weight", weight)] {
                if let values {
                    try TreeBooster.check(functions.set_floats(handle, field, values, UInt64(values.count)), functions)
                }
            }
        }

        deinit { _ = functions.free_matrix(handle) }
    }

    private let handle: UnsafeMutableRawPointer
    private let functions: VintageTreeFunctions

    /// Opens the library.
    ///
    /// - Throws: ``LearningError/noTreeLibrary(reason:)``.
    static func functions() throws(LearningError) -> VintageTreeFunctions {
        var message: UnsafePointer<CChar>?
        guard let functions = vintage_tree_functions(&message) else {
            throw .noTreeLibrary(reason: message.map { String(cString: $0) } ?? "unknown")
        }
        return functions.pointee
    }

    /// The library's version.
    static func version() throws(LearningError) -> String {
        let functions = try functions()
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        functions.version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }

    private static func check(_ status: Int32, _ functions: VintageTreeFunctions) throws(LearningError) {
        if status == 0 { return }
        let text = functions.last_error().map { String(cString: $0) } ?? "unknown"
        // The message's first line says what; the rest is a list of C++ functions.
        throw .trees(text.split(separator: "\n").first.map(String.init) ?? text)
    }

    private func check(_ status: Int32) throws(LearningError) { try Self.check(status, functions) }

    /// A booster without trees.
    ///
    /// - Parameter rows: those that it will see; they stay alive as long as it is used.
    init(_ rows: [Rows] = [], _ parameters: [(String, String)]) throws(LearningError) {
        functions = try Self.functions()
        let handles: [UnsafeMutableRawPointer?] = rows.map(\.handle)
        var handle: UnsafeMutableRawPointer?
        try Self.check(functions.create(handles, UInt64(handles.count), &handle), functions)
        guard let handle else { throw .trees("XGBoost made no booster") }
        self.handle = handle
        try set(parameters)
    }

    /// Changes settings.
    func set(_ parameters: [(String, String)]) throws(LearningError) {
        for (name, value) in parameters { try check(functions.set(handle, name, value)) }
    }

    private init(taking handle: UnsafeMutableRawPointer, _ functions: VintageTreeFunctions) {
        (self.handle, self.functions) = (handle, functions)
    }

    deinit { _ = functions.free_booster(handle) }

    /// Adds a round's trees.
    func update(round: Int, _ rows: Rows) throws(LearningError) {
        try check(functions.update(handle, Int32(round), rows.handle))
    }

    /// Adds a round's trees from derivatives of another loss than the booster's own.
    func boost(_ rows: Rows, first: [Float], second: [Float]) throws(LearningError) {
        var (first, second) = (first, second)
        try check(functions.boost(handle, rows.handle, &first, &second, UInt64(first.count)))
    }

    /// What comes out before it becomes a probability: rows × outputs.
    func margins(_ rows: Rows, isTraining: Bool = false) throws(LearningError) -> [Float] {
        var shape: UnsafePointer<UInt64>?
        var dimensions: UInt64 = 0
        var values: UnsafePointer<Float>?
        let settings =
            "{\"type\":1,\"training\":\(isTraining),\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false}"
        try check(functions.predict(handle, rows.handle, settings, &shape, &dimensions, &values))
        guard let shape, let values else { throw .trees("XGBoost predicted nothing") }
        let count = (0..<Int(dimensions)).reduce(1) { $0 * Int(shape[$1]) }
        return Array(UnsafeBufferPointer(start: values, count: count))
    }

    /// The mean losses of rows, by XGBoost's own metric for its objective.
    func losses(round: Int, _ rows: [Rows]) throws(LearningError) -> [Double] {
        var handles: [UnsafeMutableRawPointer?] = rows.map(\.handle)
        let names = rows.indices.map { _ in "rows" }
        var text: UnsafePointer<CChar>?
        let status = "rows".withCString { name in
            var pointers: [UnsafePointer<CChar>?] = names.map { _ in name }
            return functions.evaluate(handle, Int32(round), &handles, &pointers, UInt64(rows.count), &text)
        }
        try check(status)
        // "[3]\trows-logloss:0.25\trows-logloss:0.31"
        let parts = text.map { String(cString: $0) }?.split(separator: "\t").dropFirst() ?? []
        let losses = parts.compactMap { part in
            part.lastIndex(of: ":").flatMap { Double(part[part.index(after: $0)...]) }
        }
        guard losses.count == rows.count else { throw .trees("XGBoost told no losses") }
        return losses
    }

    /// How many columns a row has.
    func featureCount() throws(LearningError) -> Int {
        var count: UInt64 = 0
        try check(functions.feature_count(handle, &count))
        return Int(count)
    }

    /// The first so many rounds as a booster of its own.
    func prefix(_ rounds: Int) throws(LearningError) -> TreeBooster {
        var slice: UnsafeMutableRawPointer?
        try check(functions.slice(handle, 0, Int32(rounds), 1, &slice))
        guard let slice else { throw .trees("XGBoost made no slice") }
        return TreeBooster(taking: slice, functions)
    }

    /// The model as XGBoost writes it in JSON.
    func model() throws(LearningError) -> [UInt8] {
        var (count, bytes): (UInt64, UnsafePointer<CChar>?) = (0, nil)
        try check(functions.save(handle, "{\"format\":\"json\"}", &count, &bytes))
        return Self.copy(bytes, count)
    }

    /// Takes a model.
    func load(_ bytes: [UInt8]) throws(LearningError) { try check(functions.load(handle, bytes, UInt64(bytes.count))) }

    /// Everything, settings and caches' seeds too, to go on from.
    func state() throws(LearningError) -> [UInt8] {
        var (count, bytes): (UInt64, UnsafePointer<CChar>?) = (0, nil)
        try check(functions.serialize(handle, &count, &bytes))
        return Self.copy(bytes, count)
    }

    /// Goes on from a state.
    func restore(_ bytes: [UInt8]) throws(LearningError) {
        try check(functions.unserialize(handle, bytes, UInt64(bytes.count)))
    }

    private static func copy(_ bytes: UnsafePointer<CChar>?, _ count: UInt64) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
    }
}
