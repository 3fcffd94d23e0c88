using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Collections;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Inputs;
using OrleansFlow.Jobs;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows.Runs;
using Wire = OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <content>What a worker says of itself when its session begins.</content>
internal static partial class SessionMapping
{
    private const int RolesMax = 256;
    private const int AdaptersMax = 256;
    private const int SlotsMax = 10_000;
    private const int TextCharsMax = 512;

    public static (WorkerId Worker, WorkerRegistration Registration) ToRegistration(this Wire.Register register, string sessionId)
    {
        if (!IdText.IsValid(register.WorkerId))
        {
            throw Bad($"Worker id '{Shorten(register.WorkerId)}' is not well-formed: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit.");
        }

        var worker = new WorkerId(register.WorkerId);
        // Who only runs streaming jobs serves no role.
        if (register.Roles.Count > RolesMax || (register.Roles.Count == 0 && register.JobSlots <= 0))
        {
            throw Bad($"Worker '{worker}' announces {register.Roles.Count} roles; 1 to {RolesMax} are possible. Register a handler for each role it shall serve.");
        }

        foreach (var role in register.Roles)
        {
            if (!IdText.IsValid(role))
            {
                throw Bad($"Worker '{worker}' announces role '{Shorten(role)}', which is not well-formed: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit.");
            }
        }

        if (register.Slots is < 1 or > SlotsMax)
        {
            throw Bad(string.Create(CultureInfo.InvariantCulture, $"Worker '{worker}' announces {register.Slots} slots; 1 to {SlotsMax} are possible."));
        }

        foreach (var (name, text) in (ReadOnlySpan<(string, string)>)
            [("version", register.Version), ("host", register.Host), ("data_address", register.DataAddress), ("rpc_address", register.RpcAddress), ("run_id", register.RunId)])
        {
            if (text.Length > TextCharsMax)
            {
                throw Bad($"Worker '{worker}' sends a {name} of {text.Length} characters; at most {TextCharsMax} are taken.");
            }
        }

        if (register.Prefetch is < 0 or > SlotsMax)
        {
            throw Bad(string.Create(CultureInfo.InvariantCulture, $"Worker '{worker}' prefetches {register.Prefetch} tasks; 0 to {SlotsMax} are possible."));
        }

        if (LabelText.Fault(register.Labels) is { } fault)
        {
            throw Bad($"Worker '{worker}' announces wrong labels: {fault}.");
        }

        foreach (var (role, version) in register.RoleVersions)
        {
            if (!register.Roles.Contains(role) || !LabelText.IsValue(version))
            {
                throw Bad($"Worker '{worker}' announces version '{Shorten(version)}' of role '{Shorten(role)}': name one of its roles and 1 to {LabelText.MaxLength} characters without control characters.");
            }
        }

        // A worker holds at most one lease a slot, and a few whose end it has not heard of yet.
        if (register.Held.Count > SlotsMax * 2)
        {
            throw Bad($"Worker '{worker}' claims {register.Held.Count} held leases; at most {SlotsMax * 2} are possible.");
        }

        return (worker, new WorkerRegistration
        {
            SessionId = sessionId,
            Roles = [.. register.Roles.Distinct(StringComparer.Ordinal)],
            Slots = register.Slots,
            Version = register.Version,
            ProcessId = register.ProcessId,
            Host = register.Host,
            DataAddress = register.DataAddress,
            Held = [.. register.Held.Select(ToToken)],
            Labels = new Dictionary<string, string>(register.Labels),
            RoleVersions = new Dictionary<string, string>(register.RoleVersions),
            Prefetch = register.Prefetch,
            Adopts = register.Adopts,
            Adapters = ToAdapters(worker, register.Adapters),
            Workflows = ToWorkflows(worker, register.Workflows),
            LeaseTtl = ToTime(worker, "lease_ttl_ms", register.LeaseTtlMs, 1_000, 3_600_000),
            HeartbeatInterval = ToTime(worker, "heartbeat_interval_ms", register.HeartbeatIntervalMs, 100, 1_200_000),
        });
    }

    /// <summary>What the worker does for streaming jobs; null for nothing.</summary>
    public static JobHostRegistration? ToJobHost(this Wire.Register register, string sessionId)
    {
        if (register.JobSlots is < 0 or > SlotsMax)
        {
            throw Bad(string.Create(CultureInfo.InvariantCulture, $"Worker '{register.WorkerId}' announces {register.JobSlots} job_slots; 0 to {SlotsMax} are possible."));
        }

        if (register.JobId.Length > 0 && !IdText.IsValid(register.JobId))
        {
            throw Bad($"Worker '{register.WorkerId}' takes only job '{Shorten(register.JobId)}', which is no id: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit.");
        }

        if (register.Jobs.Count > SlotsMax)
        {
            throw Bad($"Worker '{register.WorkerId}' claims to run {register.Jobs.Count} jobs; at most {SlotsMax} are possible.");
        }

        foreach (var job in register.Jobs)
        {
            if (!IdText.IsValid(job.JobId) || job.WorkerId != register.WorkerId)
            {
                throw Bad($"Worker '{register.WorkerId}' claims to run job '{Shorten(job.JobId)}' as worker '{Shorten(job.WorkerId)}'.");
            }
        }

        return register.JobSlots == 0 ? null : new JobHostRegistration(sessionId, register.JobSlots)
        {
            // The one for exchanges is behind the one for Flight; whoever sends rows picks.
            DataAddress = register.DataAddress,
            RpcAddress = register.RpcAddress,
            OnlyJob = register.JobId,
            Runs = [.. register.Jobs.GroupBy(job => job.JobId, StringComparer.Ordinal).Select(job => new JobRunId(job.Key, job.Max(run => run.Generation)))],
        };
    }

    private static List<Payload> ToWorkflows(WorkerId worker, RepeatedField<ByteString> workflows) => workflows.Count <= RolesMax
        ? [.. workflows.Select(workflow => new Payload(workflow.Memory))]
        : throw Bad($"Worker '{worker}' announces {workflows.Count} workflows; at most {RolesMax} are possible.");

    private static Dictionary<string, string> ToAdapters(WorkerId worker, RepeatedField<Wire.InputAdapter> adapters)
    {
        if (adapters.Count > AdaptersMax)
        {
            throw Bad($"Worker '{worker}' announces {adapters.Count} input adapters; at most {AdaptersMax} are possible.");
        }

        var schemas = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var adapter in adapters)
        {
            if (!AdapterSchema.IsName(adapter.Name))
            {
                throw Bad($"Worker '{worker}' announces input adapter '{Shorten(adapter.Name)}', which is not well-formed: use 1 to {AdapterSchema.NameLengthMax} letters, digits, '_', '-', '.' or ':', the first a letter or digit.");
            }

            if (adapter.SchemaJson.Length > AdapterSchemaJson.CharsMax || AdapterSchemaJson.Read(adapter.SchemaJson)?.Name != adapter.Name)
            {
                throw Bad($"Worker '{worker}' announces input adapter '{adapter.Name}' with a schema that is none: expected JSON of at most {AdapterSchemaJson.CharsMax} characters with 'name' and 'arguments'.");
            }

            schemas[adapter.Name] = adapter.SchemaJson;
        }

        return schemas;
    }

    private static TimeSpan? ToTime(WorkerId worker, string name, long milliseconds, long min, long max) => milliseconds == 0
        ? null
        : milliseconds >= min && milliseconds <= max
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw Bad(string.Create(CultureInfo.InvariantCulture, $"Worker '{worker}' asks for a {name} of {milliseconds}; {min} to {max} are possible, or 0."));
}
