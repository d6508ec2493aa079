import CTrees
import Glibc

/// XGBoost's C API: what training uses, and the call for rows that lie in memory, its fastest for few rows.
final class XGBoost {
    private let functions: VintageTreeFunctions
    private var booster: UnsafeMutableRawPointer?
    private let predictDense: PredictDense

    typealias PredictDense =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawPointer?,
            UnsafeMutablePointer<UnsafePointer<UInt64>?>, UnsafeMutablePointer<UInt64>,
            UnsafeMutablePointer<UnsafePointer<Float>?>
        ) -> Int32

    private static let settings = """
        {"type":1,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"cache_id":0,"missing":NaN}
        """

    /// Trains.
    init(rows: [Float], columns: Int, label: [Float], _ parameters: [(String, String)], rounds: Int) {
        var message: UnsafePointer<CChar>?
        guard let found = vintage_tree_functions(&message) else {
            print("no XGBoost: \(message.map { String(cString: $0) } ?? "")")
            exit(3)
        }
        functions = found.pointee
        guard let library = dlopen("libxgboost.so.0", RTLD_NOW) ?? dlopen("libxgboost.so", RTLD_NOW),
            let symbol = dlsym(library, "XGBoosterPredictFromDense")
        else {
            print("XGBoost has no XGBoosterPredictFromDense")
            exit(3)
        }
        predictDense = unsafeBitCast(symbol, to: PredictDense.self)
        let matrix = makeMatrix(rows, columns)
        check(functions.set_floats(matrix, "label", label, UInt64(label.count)))
        var matrices: [UnsafeMutableRawPointer?] = [matrix]
        check(functions.create(&matrices, 1, &booster))
        for (name, value) in parameters { check(functions.set(booster, name, value)) }
        for round in 0..<rounds { check(functions.update(booster, Int32(round), matrix)) }
        check(functions.free_matrix(matrix))
        check(functions.set(booster, "nthread", "1"))
    }

    private func check(_ status: Int32) {
        if status == 0 { return }
        print("XGBoost: \(functions.last_error().map { String(cString: $0) } ?? "")")
        exit(3)
    }

    /// Rows in XGBoost's own form.
    func makeMatrix(_ rows: [Float], _ columns: Int) -> UnsafeMutableRawPointer? {
        var matrix: UnsafeMutableRawPointer?
        check(functions.matrix(rows, UInt64(rows.count / columns), UInt64(columns), .nan, &matrix))
        return matrix
    }

    func free(_ matrix: UnsafeMutableRawPointer?) { check(functions.free_matrix(matrix)) }

    var version: String {
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        functions.version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }

    /// The model in JSON.
    var json: [UInt8] {
        var (count, bytes): (UInt64, UnsafePointer<CChar>?) = (0, nil)
        check(functions.save(booster, "{\"format\":\"json\"}", &count, &bytes))
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
    }

    /// Takes the model again, as a program that only predicts does.
    func load(_ bytes: [UInt8]) {
        var fresh: UnsafeMutableRawPointer?
        check(functions.create(nil, 0, &fresh))
        check(functions.set(fresh, "nthread", "1"))
        check(functions.load(fresh, bytes, UInt64(bytes.count)))
        check(functions.free_booster(booster))
        booster = fresh
    }

    /// The answers for rows in XGBoost's own form.
    func predict(_ matrix: UnsafeMutableRawPointer?, count: Int) -> UnsafeBufferPointer<Float> {
        var (shape, dimensions, values): (UnsafePointer<UInt64>?, UInt64, UnsafePointer<Float>?) = (nil, 0, nil)
        check(functions.predict(booster, matrix, Self.settings, &shape, &dimensions, &values))
        return UnsafeBufferPointer(start: values, count: count)
    }

    /// The answers for rows as they lie in memory.
    func predict(_ rows: UnsafePointer<Float>, count: Int, columns: Int) -> UnsafeBufferPointer<Float> {
        let array = """
            {"data":[\(UInt(bitPattern: rows)),true],"shape":[\(count),\(columns)],"typestr":"<f4","version":3}
            """
        var (shape, dimensions, values): (UnsafePointer<UInt64>?, UInt64, UnsafePointer<Float>?) = (nil, 0, nil)
        check(predictDense(booster, array, Self.settings, nil, &shape, &dimensions, &values))
        return UnsafeBufferPointer(start: values, count: count)
    }
}
