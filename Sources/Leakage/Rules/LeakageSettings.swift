import Features
import FileSystem
import Yams

import protocol Workspace.ErrorWithExitStatus
import enum Workspace.ExitStatus
import func Workspace.nearestName
import struct Workspace.Timestamp

/// How strict the guard is, and what it lets pass: the sections `guard` and `waivers` of the files of definitions.
///
///     guard: {auc: 0.97, r2: 0.95, rows: 5000, seed: 7}
///     waivers:
///       - rule: single-feature-predictor
///         service: arrival
///         feature: dep_delay
///         reason: The delay at departure is known when the door closes.
///         expires: 2027-01-31
public struct LeakageSettings: Sendable {
    /// The area under the ROC curve from which one feature alone is said to tell a label of two values.
    public var areaUnderCurve = 0.98
    /// The coefficient of determination from which one feature alone is said to tell a numeric label.
    public var determination = 0.98
    /// The most rows whose values are recomputed from the sources.
    public var auditedRows = 2_000
    /// The most rows of a source that are kept in memory to recompute a view.
    public var sourceRows = 250_000
    /// The most rows of a source that are read to recompute a view: of a larger one, those of some row groups.
    public var readRows = 1 << 20
    /// The most rows from which statistics are made.
    public var statisticsRows = 20_000
    /// What the samples are drawn with.
    public var seed: UInt64 = 1
    /// What is set aside.
    public var waivers: [LeakageWaiver] = []

    /// The settings that hold where nothing is said.
    public init() {}
}

/// A part of the guard's settings that cannot be understood.
public struct InvalidLeakageSettings: Error, Hashable, CustomStringConvertible, ErrorWithExitStatus {
    /// Where it is.
    public let place: DefinitionPlace
    /// What is wrong and what to do.
    public let message: String

    /// One line for people.
    public var description: String { "\(place): \(message)" }

    /// Settings that cannot be understood are wrong use.
    public var exitStatus: ExitStatus { .misused }
}

extension LeakageSettings {
    /// Reads the sections of some files of definitions.
    ///
    /// - Parameter files: each with its path from the workspace's root.
    public init(files: some Sequence<(path: RelativePath, bytes: [UInt8])>) throws(InvalidLeakageSettings) {
        self.init()
        for (path, bytes) in files {
            // What is no YAML is said by the check of the definitions.
            guard let root = try? compose(yaml: String(decoding: bytes, as: UTF8.self)), let sections = root.mapping
            else { continue }
            for (key, node) in sections {
                switch key.scalar?.string {
                case "waivers": waivers += try Self.waivers(node, path)
                case "guard": try read(node, path)
                default: break
                }
            }
        }
    }

    private static func failure(_ node: Node, _ path: RelativePath, _ message: String) -> InvalidLeakageSettings {
        InvalidLeakageSettings(place: DefinitionPlace(file: path, position: node.position), message: message)
    }

    private static func members(
        _ node: Node, _ path: RelativePath, of what: String, keys: [String]
    ) throws(InvalidLeakageSettings) -> [String: Node] {
        guard let mapping = node.mapping else { throw failure(node, path, "\(what) must be keys and values") }
        var members: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            guard keys.contains(name) else {
                let advice = nearestName(to: name, among: keys).map { "did you mean '\($0)'?" }
                throw failure(
                    key, path,
                    "\(what) has no key '\(name)'; \(advice ?? "its keys are \(keys.joined(separator: ", "))")")
            }
            members[name] = value
        }
        return members
    }

    private mutating func read(_ node: Node, _ path: RelativePath) throws(InvalidLeakageSettings) {
        let members = try Self.members(node, path, of: "'guard'", keys: ["auc", "r2", "rows", "seed"])
        if let node = members["auc"] {
            areaUnderCurve = try Self.number(node, path, "'auc'", 0.5...1, "a number from 0.5 to 1")
        }
        if let node = members["r2"] {
            determination = try Self.number(node, path, "'r2'", 0...1, "a number from 0 to 1")
        }
        if let node = members["rows"] {
            auditedRows = Int(
                try Self.number(node, path, "'rows'", 1...10_000_000, "a whole number from 1 to 10000000"))
        }
        if let node = members["seed"] {
            guard let text = node.scalar?.string, let number = UInt64(text) else {
                throw Self.failure(node, path, "'seed' must be a whole number")
            }
            seed = number
        }
    }

    private static func number(
        _ node: Node, _ path: RelativePath, _ key: String, _ range: ClosedRange<Double>, _ expected: String
    ) throws(InvalidLeakageSettings) -> Double {
        guard let text = node.scalar?.string, let number = Double(text), range.contains(number) else {
            throw failure(node, path, "\(key) must be \(expected)")
        }
        return number
    }

    private static func waivers(_ node: Node, _ path: RelativePath) throws(InvalidLeakageSettings) -> [LeakageWaiver] {
        guard let sequence = node.sequence else { throw failure(node, path, "'waivers' must be a list") }
        var waivers: [LeakageWaiver] = []
        for node in sequence { waivers.append(try waiver(node, path)) }
        return waivers
    }

    private static func waiver(_ node: Node, _ path: RelativePath) throws(InvalidLeakageSettings) -> LeakageWaiver {
        let members = try members(
            node, path, of: "a waiver", keys: ["rule", "service", "feature", "source", "reason", "expires"])
        func text(_ key: String) throws(InvalidLeakageSettings) -> String? {
            guard let node = members[key] else { return nil }
            guard let text = node.scalar?.string, !text.isEmpty else {
                throw failure(node, path, "'\(key)' of a waiver must be a text")
            }
            return text
        }
        guard let ruleNode = members["rule"], let name = try text("rule") else {
            throw failure(node, path, "a waiver needs the key 'rule'")
        }
        let names = LeakageRule.allCases.filter(\.canBeWaived).map(\.rawValue)
        guard let rule = LeakageRule(rawValue: name), rule.canBeWaived else {
            let advice = nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
            throw failure(
                ruleNode, path,
                "there is no rule '\(name)' to waive; \(advice ?? "'vintage features explain' names them")")
        }
        guard let reason = try text("reason") else {
            throw failure(node, path, "a waiver needs the key 'reason': why this is no leak, or why it is accepted")
        }
        if let source = members["source"], members["feature"] != nil {
            throw failure(source, path, "'source' cannot stand beside 'feature'; keep one of them")
        }
        let expires = try text("expires")
        if let expires {
            let isDate = expires.utf8.count == 10 && (try? Timestamp(parsing: expires)) != nil
            if !isDate, let node = members["expires"] {
                throw failure(node, path, "'expires' must be a date, as 2027-01-31")
            }
        }
        let (feature, source) = (try text("feature"), try text("source"))
        return LeakageWaiver(
            rule, service: try text("service"), subject: feature ?? source, reason: reason,
            expires: expires, place: DefinitionPlace(file: path, position: node.position))
    }
}
