// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "vintage",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "vintage", targets: ["vintage"]),
        .library(name: "ObjectStore", targets: ["ObjectStore"]),
        .library(name: "Workspace", targets: ["Workspace"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
        .systemLibrary(name: "CGit2", pkgConfig: "libgit2"),
        .target(name: "CPlatform"),
        .target(
            name: "FileSystem",
            dependencies: ["CPlatform", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: settings),
        .target(
            name: "ObjectStore",
            dependencies: [
                "FileSystem", "CZstd",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: settings),
        .target(name: "Git", dependencies: ["FileSystem", "CGit2"], swiftSettings: settings),
        .target(
            name: "Workspace",
            dependencies: ["FileSystem", "ObjectStore", "Git", .product(name: "Yams", package: "Yams")],
            swiftSettings: settings),
        .target(name: "TextFormats", swiftSettings: settings),
        .target(name: "PointInTime", swiftSettings: settings),
        .target(
            name: "Checks",
            dependencies: ["FileSystem", "Git", "ObjectStore", "TextFormats", "Workspace"],
            swiftSettings: settings),
        .target(
            name: "Features",
            dependencies: [
                "Checks", "FileSystem", "Git", "ObjectStore", "TextFormats", "Workspace",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        // The scripts are compiled into the program, so that what is installed is what Hooks/ holds.
        .target(
            name: "HookScripts", path: "Hooks",
            resources: [
                .embedInCode("pre-commit"), .embedInCode("prepare-commit-msg"), .embedInCode("post-checkout"),
                .embedInCode("post-merge"), .embedInCode("post-rewrite"), .embedInCode("pre-push"),
            ], swiftSettings: settings),
        .target(
            name: "GitBridge",
            dependencies: [
                "Checks", "FileSystem", "Git", "HookScripts", "ObjectStore", "Remotes", "TextFormats",
                "Workspace",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "Remotes", dependencies: ["FileSystem", "Git", "ObjectStore", "Workspace"], swiftSettings: settings),
        .executableTarget(
            name: "vintage",
            dependencies: [
                "Checks", "Features", "GitBridge", "Remotes", "Workspace", "ObjectStore", "Git", "FileSystem",
                "TextFormats", "CPlatform",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings,
            // The command links the Swift runtime statically, so that it starts in about half the time, which hooks and
            // `status` feel. Objects are compiled once: tests link the same ones against the shared runtime, because
            // Swift Testing has no static build. Foundation (through Yams) needs its parts named in this order.
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-static-stdlib", "-lFoundation", "-lCoreFoundation", "-lFoundationInternationalization",
                        "-lFoundationEssentials", "-l_FoundationICU", "-l_FoundationCShims", "-l_FoundationCollections",
                    ], .when(platforms: [.linux]))
            ]),
        .testTarget(name: "FileSystemTests", dependencies: ["FileSystem"], swiftSettings: settings),
        .testTarget(
            name: "ObjectStoreTests", dependencies: ["ObjectStore", "FileSystem"], swiftSettings: settings),
        .testTarget(name: "GitTests", dependencies: ["Git"], swiftSettings: settings),
        .testTarget(
            name: "WorkspaceTests", dependencies: ["Workspace", "FileSystem", "ObjectStore"], swiftSettings: settings),
        .testTarget(name: "PointInTimeTests", dependencies: ["PointInTime"], swiftSettings: settings),
        .testTarget(name: "TextFormatsTests", dependencies: ["TextFormats"], swiftSettings: settings),
        .testTarget(
            name: "ChecksTests",
            dependencies: ["Checks", "FileSystem", "Git", "ObjectStore", "TextFormats", "Workspace"],
            swiftSettings: settings),
        .testTarget(
            name: "FeaturesTests",
            dependencies: ["Checks", "Features", "FileSystem", "ObjectStore", "TextFormats", "Workspace"],
            swiftSettings: settings),
        .testTarget(
            name: "GitBridgeTests",
            dependencies: ["Checks", "FileSystem", "Git", "GitBridge", "ObjectStore", "Workspace"],
            swiftSettings: settings),
        .testTarget(
            name: "RemotesTests", dependencies: ["Remotes", "Workspace", "FileSystem", "ObjectStore"],
            swiftSettings: settings),
        .testTarget(
            name: "CommandTests", dependencies: ["FileSystem"], exclude: ["Transcripts"], swiftSettings: settings),
    ]
)
