namespace OrleansFlow.Worker.Hosting;

/// <summary>The keys of a worker's settings file: what each sets, and what became of those of the system that this one follows.</summary>
internal static class WorkerKeys
{
    private const string Worker = WorkerOptions.SectionName;

    /// <summary>Key, configuration path, form of the value.</summary>
    private static readonly (string Key, string Path, WorkerKeyKind Kind)[] Table =
    [
        ("roles", $"{Worker}:Roles", WorkerKeyKind.Texts),
        ("worker_id", $"{Worker}:WorkerId", WorkerKeyKind.Text),
        ("worker_version", $"{Worker}:Version", WorkerKeyKind.Text),
        ("lease_ttl_sec", $"{Worker}:LeaseTtl", WorkerKeyKind.Seconds),
        ("hb_interval_sec", $"{Worker}:HeartbeatInterval", WorkerKeyKind.Seconds),
        ("pull_poll_ms_default", $"{Worker}:Inputs:PollDefault", WorkerKeyKind.Milliseconds),
        ("pull_empty_backoff_ms_max", $"{Worker}:Inputs:BackoffMax", WorkerKeyKind.Milliseconds),
        ("strict_input_adapters", $"{Worker}:Inputs:Strict", WorkerKeyKind.Flag),
        ("slots", $"{Worker}:Slots", WorkerKeyKind.Number),
        ("prefetch", $"{Worker}:Prefetch", WorkerKeyKind.Number),
        ("labels", $"{Worker}:Labels", WorkerKeyKind.Map),
        ("role_versions", $"{Worker}:RoleVersions", WorkerKeyKind.Map),
        ("gateway", $"{Worker}:Gateway", WorkerKeyKind.Text),
        ("token", $"{Worker}:Token", WorkerKeyKind.Text),
        ("data_folder", $"{Worker}:DataFolder", WorkerKeyKind.Text),
        ("tls_authority_path", $"{Worker}:TlsAuthorityPath", WorkerKeyKind.Text),
        ("tls_certificate_path", $"{Worker}:TlsCertificatePath", WorkerKeyKind.Text),
        ("tls_certificate_password", $"{Worker}:TlsCertificatePassword", WorkerKeyKind.Text),
        ("shutdown_grace_sec", $"{Worker}:ShutdownGrace", WorkerKeyKind.Seconds),
        ("stop_grace_sec", $"{Worker}:StopGrace", WorkerKeyKind.Seconds),
        ("connect_timeout_sec", $"{Worker}:ConnectTimeout", WorkerKeyKind.Seconds),
        ("report_window", $"{Worker}:ReportWindow", WorkerKeyKind.Number),
        ("prefetch_batches", $"{Worker}:PrefetchBatches", WorkerKeyKind.Number),
        ("prefetch_bytes", $"{Worker}:PrefetchBytes", WorkerKeyKind.Number),
        ("temp_folder", $"{Worker}:TempFolder", WorkerKeyKind.Text),
        ("stop_host_when_drained", $"{Worker}:StopHostWhenDrained", WorkerKeyKind.Flag),
        ("health_port", $"{Worker}:HealthPort", WorkerKeyKind.Number),
    ];

    private static readonly SortedDictionary<string, string> Replaced = new(StringComparer.Ordinal)
    {
        ["kafka_bootstrap"] = "workers speak gRPC to the gateway: use 'gateway'",
        ["announce_interval_sec"] = "the session announces the worker when it begins and with each heartbeat: use 'hb_interval_sec'",
        ["db_cancel_poll_ms"] = "the gateway sends cancellations at once: leave it out",
        ["dedup_cache_size"] = "the control plane tells repetitions by lease and number: leave it out",
        ["dedup_ttl_ms"] = "the control plane tells repetitions by lease and number: leave it out",
    };

    /// <summary>Every key that is taken.</summary>
    public static IEnumerable<string> Names => Table.Select(row => row.Key);

    /// <summary>Every key that is refused with the name of what replaced it.</summary>
    public static IEnumerable<string> ReplacedNames => Replaced.Keys;

    /// <summary>Path and form of a key; null when there is none.</summary>
    public static (string Path, WorkerKeyKind Kind)? Find(string key)
    {
        var index = Array.FindIndex(Table, row => row.Key == key);
        return index < 0 ? null : (Table[index].Path, Table[index].Kind);
    }

    /// <summary>Why a key is no longer one; null for one that never was.</summary>
    public static string? WhyReplaced(string key) =>
        Replaced.TryGetValue(key, out var why) ? why
        : key.StartsWith("topic", StringComparison.Ordinal) || key.EndsWith("_topic", StringComparison.Ordinal) || key.EndsWith("_topic_fmt", StringComparison.Ordinal)
            ? "one stream to the gateway takes the place of all topics: use 'gateway'"
            : null;
}
