// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

// Where Scripts/bootstrap puts Arrow and Parquet if pkg-config does not know them. Named here too, so that a build
// without the Makefile's environment, as an editor starts one, finds them as well.
let arrow = Context.packageDirectory + "/.cache/arrow"

let package = Package(
    name: "vintage",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "vintage", targets: ["vintage"]),
        .library(name: "ObjectStore", targets: ["ObjectStore"]),
        .library(name: "Workspace", targets: ["Workspace"]),
        .library(name: "Tables", targets: ["Tables"]),
        // Opened when a table is first read or written, so that other commands start without loading Arrow.
        .library(name: "VintageArrow", type: .dynamic, targets: ["CArrowShim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // Sockets, HTTP and TLS (NIO and what stands on it): for the rooms Serving and Buckets alone.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
        .systemLibrary(name: "CGit2", pkgConfig: "libgit2"),
        .systemLibrary(name: "CArrow", pkgConfig: "parquet"),
        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis"),
        .target(name: "CPlatform"),
        .target(name: "CTables"),
        .target(name: "CKernels"),
        .target(name: "CTrees"),
        .target(
            name: "CArrowShim",
            dependencies: ["CArrow"],
            cxxSettings: [
                // The headers alone: clang takes a target's module map in C++20 for a module that has to be built.
                .headerSearchPath("../CTables/include"),
                .unsafeFlags(["-I\(arrow)/include", "-fvisibility=hidden"]),
            ],
            linkerSettings: [
                .linkedLibrary("parquet"), .linkedLibrary("arrow"),
                .unsafeFlags(["-L\(arrow)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(arrow)/lib"]),
                // No Swift in it, so no Swift runtime.
                .unsafeFlags(["-nostartfiles", "-static-stdlib"], .when(platforms: [.linux])),
            ]),
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
        .target(
            name: "Tables",
            dependencies: ["CTables", "FileSystem", "ObjectStore", "Workspace"],
            swiftSettings: settings),
        .target(name: "TextFormats", swiftSettings: settings),
        .target(name: "PointInTime", swiftSettings: settings),
        .target(
            name: "Splits",
            dependencies: ["FileSystem", "ObjectStore", "PointInTime", "Tables", "TextFormats", "Workspace"],
            swiftSettings: settings),
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
        .target(
            name: "Leakage",
            dependencies: [
                "Checks", "Features", "FileSystem", "ObjectStore", "Tables", "TextFormats", "Workspace",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "TrainingSets",
            dependencies: [
                "Features", "FileSystem", "Git", "ObjectStore", "PointInTime", "Tables", "TextFormats", "Workspace",
            ],
            swiftSettings: settings),
        .target(
            name: "Learning",
            dependencies: [
                "CKernels", "CTrees", "FileSystem", "ObjectStore", "Splits", "Tables", "TextFormats", "Workspace",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "Inference",
            dependencies: [
                "Checks", "CKernels", "CPlatform", "FileSystem", "Learning", "ObjectStore", "Splits", "Tables",
                "TextFormats", "Workspace",
            ],
            swiftSettings: settings),
        .target(
            name: "Embeddings",
            dependencies: [
                "Checks", "CKernels", "Features", "FileSystem", "ObjectStore", "Tables", "TrainingSets", "Workspace",
            ],
            swiftSettings: settings),
        .target(
            name: "OnlineStore",
            dependencies: [
                "CHiredis", "Features", "FileSystem", "ObjectStore", "Tables", "TextFormats", "TrainingSets",
                "Workspace", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
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
            name: "Buckets",
            dependencies: [
                "FileSystem", "TextFormats", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings),
        .target(
            name: "Remotes", dependencies: ["Buckets", "FileSystem", "Git", "ObjectStore", "Workspace"],
            swiftSettings: settings),
        .target(
            name: "Serving",
            dependencies: [
                "CPlatform", "Features", "FileSystem", "ObjectStore", "OnlineStore", "Tables", "TextFormats",
                "TrainingSets", "Workspace",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            resources: [.embedInCode("openapi.json")], swiftSettings: settings),
        .executableTarget(
            name: "vintage",
            dependencies: [
                "Checks", "Embeddings", "Features", "GitBridge", "Leakage", "Remotes", "Splits", "Tables", "Workspace",
                "ObjectStore", "Git", "FileSystem", "Inference", "Learning", "OnlineStore", "Serving", "TextFormats",
                "TrainingSets", "CPlatform",
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
                    ], .when(platforms: [.linux])),
                // Where `make install` puts the library that reads tables; a build has it beside the program.
                .unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib/vintage"], .when(platforms: [.linux])),
                .unsafeFlags(
                    ["-Xlinker", "-rpath", "-Xlinker", "@executable_path/../lib/vintage"], .when(platforms: [.macOS])),
            ]),
        .target(
            name: "LearningSupport", dependencies: ["Learning", "Tables"], path: "Tests/LearningSupport",
            swiftSettings: settings),
        .target(name: "PythonEnvironment", path: "Tests/PythonEnvironment", swiftSettings: settings),
        .testTarget(name: "FileSystemTests", dependencies: ["FileSystem"], swiftSettings: settings),
        .testTarget(
            name: "ObjectStoreTests", dependencies: ["ObjectStore", "FileSystem"], swiftSettings: settings),
        .testTarget(name: "GitTests", dependencies: ["Git"], swiftSettings: settings),
        .testTarget(
            name: "WorkspaceTests", dependencies: ["Workspace", "FileSystem", "ObjectStore"], swiftSettings: settings),
        .testTarget(
            name: "OnlineStoreTests",
            dependencies: ["Features", "FileSystem", "OnlineStore", "Tables", "TextFormats", "TrainingSets"],
            swiftSettings: settings),
        .testTarget(name: "PointInTimeTests", dependencies: ["PointInTime"], swiftSettings: settings),
        .testTarget(name: "SplitsTests", dependencies: ["FileSystem", "Splits", "Tables"], swiftSettings: settings),
        .testTarget(
            name: "TablesTests", dependencies: ["Tables", "FileSystem", "ObjectStore", "PythonEnvironment"],
            exclude: ["tables.py", "vectors.py"], swiftSettings: settings),
        .testTarget(name: "TextFormatsTests", dependencies: ["TextFormats"], swiftSettings: settings),
        .testTarget(
            name: "ChecksTests",
            dependencies: [
                "Checks", "FileSystem", "Git", "ObjectStore", "PythonEnvironment", "TextFormats", "Workspace",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "FeaturesTests",
            dependencies: [
                "Checks", "Features", "FileSystem", "ObjectStore", "PythonEnvironment", "TextFormats", "Workspace",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "LeakageTests",
            dependencies: [
                "Checks", "Features", "FileSystem", "Leakage", "ObjectStore", "PythonEnvironment", "Tables",
                "Workspace",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TrainingSetsTests",
            dependencies: [
                "Features", "FileSystem", "ObjectStore", "OnlineStore", "Tables", "TextFormats", "TrainingSets",
                "Workspace",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EmbeddingsTests",
            dependencies: [
                "CKernels", "Embeddings", "Features", "FileSystem", "ObjectStore", "OnlineStore", "Tables",
                "TrainingSets", "Workspace",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "LearningTests",
            dependencies: [
                "CKernels", "FileSystem", "Learning", "LearningSupport", "ObjectStore", "PythonEnvironment", "Splits",
                "Tables", "TextFormats", "Workspace",
            ],
            exclude: ["networks.py", "ranking.py", "tensors.py"], swiftSettings: settings),
        .testTarget(
            name: "InferenceTests",
            dependencies: [
                "CKernels", "FileSystem", "Inference", "Learning", "LearningSupport", "Splits", "Tables", "TextFormats",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "GitBridgeTests",
            dependencies: ["Checks", "FileSystem", "Git", "GitBridge", "ObjectStore", "Workspace"],
            swiftSettings: settings),
        .target(
            name: "BucketServers", dependencies: ["PythonEnvironment"], path: "Tests/BucketServers",
            exclude: ["ceph_server.py", "faults.py", "metadata.py", "moto_server.py", "objects.py"],
            swiftSettings: settings),
        .testTarget(name: "BucketsTests", dependencies: ["BucketServers", "Buckets"], swiftSettings: settings),
        .testTarget(
            name: "RemotesTests", dependencies: ["BucketServers", "Remotes", "Workspace", "FileSystem", "ObjectStore"],
            swiftSettings: settings),
        .testTarget(
            name: "ServingTests", dependencies: ["PythonEnvironment", "Serving", "TextFormats"],
            exclude: ["Recorded", "feast.py", "tls.py"], swiftSettings: settings),
        .testTarget(
            name: "CommandTests", dependencies: ["FileSystem", "PythonEnvironment"], exclude: ["Transcripts"],
            swiftSettings: settings),
    ],
    cxxLanguageStandard: .cxx20
)
