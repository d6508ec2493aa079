/// The scripts of this folder, which the program carries in itself.
package enum HookScripts {
    /// Each script by the name of its hook.
    package static let byName: [String: [UInt8]] = [
        "pre-commit": PackageResources.pre_commit,
        "prepare-commit-msg": PackageResources.prepare_commit_msg,
        "post-checkout": PackageResources.post_checkout,
        "post-merge": PackageResources.post_merge,
        "post-rewrite": PackageResources.post_rewrite,
        "pre-push": PackageResources.pre_push,
    ]
}
