import Tables

/// Where a value comes from: a row of a file in a version, or a push.
public enum RowSource: Hashable, Sendable {
    /// A row, from 1, of a file; the file is `nil` where only the version is known. A file that is in no artifact has no
    /// snapshot.
    case file(path: String?, row: Int, artifact: String, snapshot: String)
    /// Rows that were pushed together, at a moment in microseconds since 1970.
    case push(at: Int64)
}

extension RowSource: CustomStringConvertible {
    /// For people: the version's first digits are enough.
    public var description: String {
        switch self {
        case .file(let path, let row, let artifact, let snapshot):
            "row \(row)" + (path.map { " of \($0)" } ?? "")
                + (snapshot.isEmpty ? "" : ", snapshot \(snapshot.prefix(12)) of \(artifact)")
        case .push(let moment):
            "the push of " + ColumnType.timestamp(.microsecond, zone: "UTC").text(of: .integer(moment))
        }
    }
}

/// The files of a view, by whose order rows are numbered.
struct NumberedFiles {
    let files: [ViewMark.File]
    /// In which of them a row is, from 0, and its number there, from 1; `nil` if that is not known.
    let place: ((Int) -> (file: Int, row: Int))?

    /// Where a row comes from.
    func source(of origin: RowOrigin) -> RowSource {
        switch origin {
        case .push(let id): return .push(at: Int64(clamping: id.moment))
        case .file(let number):
            let alone = files.count == 1 ? (file: 0, row: Int(number) + 1) : nil
            let place = place?(Int(number)) ?? alone
            guard let place, files.indices.contains(place.file) else {
                let versions = Set(files.map { "\($0.artifact) \($0.snapshot)" })
                let isOne = versions.count == 1
                return .file(
                    path: nil, row: Int(number) + 1, artifact: isOne ? files[0].artifact : "",
                    snapshot: isOne ? files[0].snapshot : "")
            }
            let file = files[place.file]
            return .file(path: file.path, row: place.row, artifact: file.artifact, snapshot: file.snapshot)
        }
    }
}
