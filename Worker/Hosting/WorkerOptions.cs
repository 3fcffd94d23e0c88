namespace OrleansFlow.Worker.Hosting;

/// <summary>What a worker is and how it reaches its gateway. Section: <c>OrleansFlow:Worker</c>. Read once, when the host starts.</summary>
public sealed class WorkerOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Worker";

    /// <summary>Most tasks that one worker may run at once.</summary>
    public const int SlotsMax = 10_000;

    /// <summary>Id of the worker, unique in the cluster.</summary>
    /// <value>Default: machine name, process id and a random part. An id by the rule of <see cref="Tasks.IdText"/>.</value>
    public string? WorkerId { get; set; }

    /// <summary>Tasks it runs at once. More: more memory and, beyond the processors, slower single tasks.</summary>
    /// <value>Default: number of processors. Range 1 to 10 000.</value>
    public int Slots { get; set; } = Environment.ProcessorCount;

    /// <summary>Tasks it takes beyond its slots, so that the next one is there when a slot becomes free. They wait under their leases: their time-outs run.</summary>
    /// <value>Default 0. Range 0 to 10 000.</value>
    public int Prefetch { get; set; }

    /// <summary>Version of its code, for listings and for graphs that pin the version of a role.</summary>
    /// <value>Default: version of the program. 1 to 128 characters.</value>
    public string? Version { get; set; }

    /// <summary>Versions of single roles.</summary>
    /// <value>Default none: what the handler's attribute says, else <see cref="Version"/>.</value>
    public IDictionary<string, string> RoleVersions { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Labels by name, for nodes that ask for them, for example <c>gpu</c> = <c>true</c>.</summary>
    /// <value>Default none. At most 32; a name is an id, a value has 1 to 128 characters.</value>
    public IDictionary<string, string> Labels { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Of the roles that it has handlers for: those that it serves.</summary>
    /// <value>Default none: all of them. A role without a handler is refused.</value>
    public IList<string> Roles { get; } = [];

    /// <summary>
    /// How long its leases stand after its last heartbeat, where that is to be shorter than the silo's lease duration: the worker gives up and the
    /// control plane takes over after this silence. Shorter: faster takeover, more needless ones.
    /// </summary>
    /// <value>Default null: the silo's, 60 s. Range 1 s to 1 h; at most the silo's.</value>
    public TimeSpan? LeaseTtl { get; set; }

    /// <summary>Time between its heartbeats, each of which renews every lease that it holds.</summary>
    /// <value>Default null: the silo's, 5 s, or less with a short <see cref="LeaseTtl"/>. Range 100 ms to 20 min; at most a third of the lease.</value>
    public TimeSpan? HeartbeatInterval { get; set; }

    /// <summary>Port of the health endpoint (<c>/health</c>, <c>/health/live</c>, <c>/health/ready</c>), on loopback.</summary>
    /// <value>Default null: none. Range 0 to 65 535; 0: a free one, which the log names.</value>
    public int? HealthPort { get; set; }

    /// <summary>Address of the gateway's HTTP/2 listener, for example <c>http://127.0.0.1:8420</c>. Not used by in-process workers.</summary>
    /// <value>Default: <c>FLOW_GATEWAY</c>, else <c>endpoints.json</c> of the silo's data folder; looked up again at each connect.</value>
    public string? Gateway { get; set; }

    /// <summary>Bearer token for the gateway.</summary>
    /// <value>Default: <c>FLOW_TOKEN</c>, else the one in <c>endpoints.json</c>.</value>
    public string? Token { get; set; }

    /// <summary>The silo's data folder, where <c>endpoints.json</c> is looked for.</summary>
    /// <value>Default: <c>FLOW_DATA</c>, else <c>.flow/data</c> and <c>.flow/demo</c> of the current folder.</value>
    public string? DataFolder { get; set; }

    /// <summary>PEM file of the authorities that the gateway's TLS certificate must come from.</summary>
    /// <value>Default null: those that the system trusts.</value>
    public string? TlsAuthorityPath { get; set; }

    /// <summary>PKCS#12 file with a certificate of one's own and its key, for gateways that take client certificates.</summary>
    /// <value>Default null: none.</value>
    public string? TlsCertificatePath { get; set; }

    /// <summary>Password of <see cref="TlsCertificatePath"/>.</summary>
    /// <value>Default null: none.</value>
    public string? TlsCertificatePassword { get; set; }

    /// <summary>How long running attempts may go on when the host stops. Keep it below the host's own <c>ShutdownTimeout</c> (30 s by default).</summary>
    /// <value>Default 20 s. Range 0 to 1 h.</value>
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a stopped handler may take to return before its slot is freed without it.</summary>
    /// <value>Default 5 s. Range 100 ms to 1 h.</value>
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the gateway may be away before the worker fails with <c>gateway_unreachable</c>.</summary>
    /// <value>Default: null, for ever. Range 1 s to 1 d.</value>
    public TimeSpan? ConnectTimeout { get; set; }

    /// <summary>Output batches of one attempt that may await their receipts before it waits. More: more work is lost with a lost lease.</summary>
    /// <value>Default 8. Range 1 to 256.</value>
    public int ReportWindow { get; set; } = 8;

    /// <summary>Input batches opened ahead of a handler.</summary>
    /// <value>Default 16. Range 1 to 1024.</value>
    public int PrefetchBatches { get; set; } = 16;

    /// <summary>Bytes of input batches opened ahead of a handler.</summary>
    /// <value>Default 64 MiB. Range 1 MiB to 16 GiB.</value>
    public long PrefetchBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Folder below which attempts get folders of their own.</summary>
    /// <value>Default: a folder of the worker below the system's temporary folder.</value>
    public string? TempFolder { get; set; }

    /// <summary>Whether the host stops when the gateway has drained this worker.</summary>
    /// <value>Default false.</value>
    public bool StopHostWhenDrained { get; set; }
}
