import Splits

extension SplitReport {
    /// The report for people.
    var lines: [String] {
        var lines = [heading]
        let hasTimes = request.time != nil
        if folds.isEmpty {
            var table = Table([.left, .right, .right, .left, .left])
            table.add(["part", "rows", "share"] + (hasTimes ? ["from", "to"] : ["", ""]))
            for part in parts {
                table.add([
                    part.name, "\(part.rows)", percentage(part.rows, of: rows), part.extent?.first ?? "",
                    part.extent?.last ?? "",
                ])
            }
            lines += table.lines
            if !leftOut.isEmpty {
                lines.append("left out: " + leftOut.map { "\($0.rows) \($0.role.name)" }.joined(separator: ", "))
            }
        } else {
            let roles: [RowRole] = request.method == .kfold ? [.test, .train, .purged, .embargoed] : [.test, .train]
            let shown = request.group.isEmpty || request.method != .kfold ? roles : roles + [.shared]
            var table = Table([.right] + shown.map { _ in .right } + [.left, .left])
            table.add(["fold"] + shown.map(\.name) + (hasTimes ? ["from", "to"] : ["", ""]))
            for fold in folds {
                table.add(
                    ["\(fold.number)"] + shown.map { "\(fold[$0])" }
                        + [fold.extent?.first ?? "", fold.extent?.last ?? ""])
            }
            lines += table.lines
        }
        return lines + strataLines
    }

    private var heading: String {
        var heading = "\(table): \(counted(rows, "row")) by \(request.method.rawValue)"
        if let groupCount { heading += ", \(counted(groupCount, "group")) of \(request.group.joined(separator: ", "))" }
        if let strataCount {
            let columns = request.stratify.joined(separator: ", ")
            heading += ", \(counted(strataCount, "stratum", plural: "strata")) of \(columns)"
        }
        if request.horizon.seconds > 0 { heading += ", horizon \(request.horizon)" }
        if request.embargo.seconds > 0 { heading += ", embargo \(request.embargo)" }
        if request.isRandom { heading += ", seed \(request.seed)" }
        return heading
    }

    private var strataLines: [String] {
        let names = folds.isEmpty ? parts.map(\.name) : folds.map { "fold \($0.number)" }
        guard let strataCount, names.count <= 10 else { return [] }
        var table = Table([.left, .right] + names.map { _ in .right })
        table.add(["stratum", "rows"] + names)
        let shown = strata.prefix(10)
        for stratum in shown { table.add([stratum.value, "\(stratum.rows)"] + stratum.partRows.map { "\($0)" }) }
        return table.lines + more(strataCount - shown.count, "strata")
    }
}

extension TableSample {
    /// The report for people.
    var lines: [String] {
        let share = percentage(sample.rows.count, of: rowCount)
        let heading =
            "\(table): \(sample.rows.count) of \(counted(rowCount, "row")) (\(share)) by \(request.method.rawValue), "
            + "seed \(request.seed)"
        if kinds.isEmpty { return [heading] }
        var table = Table([.left, .right, .right, .right])
        table.add([request.label == nil ? "stratum" : "label", "rows", "taken", "weight"])
        let shown = kinds.prefix(10)
        for kind in shown {
            table.add([kind.value, "\(kind.rows)", "\(kind.taken)", kind.weight.map { "\($0)" } ?? "–"])
        }
        return [heading] + table.lines + more(kinds.count - shown.count, "strata")
    }
}

/// How much is not shown.
private func more(_ count: Int, _ noun: String) -> [String] { count > 0 ? ["… and \(count) more \(noun)"] : [] }

/// A part of a whole, to a tenth of a percent.
private func percentage(_ part: Int, of whole: Int) -> String {
    let tenths = whole == 0 ? 0 : (part * 2000 + whole) / (2 * whole)
    return "\(tenths / 10).\(tenths % 10)%"
}
