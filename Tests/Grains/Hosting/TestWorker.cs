using System.Threading.Channels;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Grains.Hosting;

/// <summary>A worker as the gateway's session object stands for one: reads commands, reports effects.</summary>
internal sealed class TestWorker(FlowCluster cluster, string id, int slots, string[] roles)
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<LeaseGrant> _offered = new();
    private readonly Channel<WorkerCommand> _commands = Channel.CreateUnbounded<WorkerCommand>();
    private int _sessions;

    public string SessionId => $"{SessionPrefix ?? id}-{_sessions}";

    /// <summary>Tells two workers of one id apart.</summary>
    public string? SessionPrefix { get; init; }

    public WorkerId Id { get; } = new(id);

    /// <summary>All that was ever offered to it.</summary>
    public IReadOnlyCollection<LeaseGrant> Offered => _offered;

    public Dictionary<string, string> Labels { get; init; } = [];

    public Dictionary<string, string> RoleVersions { get; init; } = [];

    public int Prefetch { get; init; }

    /// <summary>The grace that came with the stop that was read last.</summary>
    public TimeSpan? LastGrace { get; private set; }

    private IWorkerGrain Grain => cluster.Grains.GetGrain<IWorkerGrain>(id);

    public Task<RegistrationReceipt> RegisterAsync(params LeaseToken[] held) => RegisterAsync(adopts: false, held);

    /// <summary>Registers as a process that knows of nothing and can go on with what its id holds.</summary>
    public Task<RegistrationReceipt> AdoptAsync() => RegisterAsync(adopts: true, []);

    private async Task<RegistrationReceipt> RegisterAsync(bool adopts, LeaseToken[] held)
    {
        _sessions++;
        var receipt = await Grain.RegisterAsync(
            Registration(held) with { Adopts = adopts }, FlowCluster.Token);
        _ = PumpAsync(SessionId);
        return receipt;
    }

    /// <summary>The next offered lease, whatever message it came in.</summary>
    public Task<IReadOnlyList<LeaseGrant>> NextOffersAsync() => ReadOffersAsync(FlowCluster.Token);

    public async Task<IReadOnlyList<LeaseGrant>> ReadOffersAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if ((await _commands.Reader.ReadAsync(cancellationToken)).Offers is { } offers)
            {
                return offers;
            }
        }
    }

    public async Task<LeaseGrant> NextOfferAsync() => Assert.Single(await NextOffersAsync());

    public async Task<(LeaseToken Token, string? Reason)> NextStopAsync()
    {
        while (true)
        {
            if (await _commands.Reader.ReadAsync(FlowCluster.Token) is { Stopped: { } token } command)
            {
                LastGrace = command.Grace;
                return (token, command.Reason);
            }
        }
    }

    public async Task<string?> NextDrainAsync()
    {
        while (true)
        {
            if (await _commands.Reader.ReadAsync(FlowCluster.Token) is { Drain: true } command)
            {
                return command.Reason;
            }
        }
    }

    public static BatchReport Report(LeaseGrant grant, int index, long rows = 10) => new()
    {
        Token = grant.Token,
        Index = index,
        Rows = rows,
        Bytes = rows * 8,
        Path = $"{grant.Token.TaskId}/{index}.e{grant.Token.Epoch}.arrow",
        Metrics = new Dictionary<string, double> { ["rows"] = rows },
    };

    public Task<EffectReceipt> BatchAsync(LeaseGrant grant, int index, long rows = 10) =>
        Owner(grant).ReportBatchAsync(Report(grant, index, rows), FlowCluster.Token);

    public async Task<EffectReceipt> EndAsync(LeaseGrant grant, AttemptEnd end, int batches = 0, TaskFailure? failure = null)
    {
        var receipt = await Owner(grant).CompleteAsync(
            new AttemptOutcome { Token = grant.Token, End = end, BatchCount = batches, Failure = failure, ResultJson = end == AttemptEnd.Completed ? """{"ok":true}""" : null },
            FlowCluster.Token);
        await Grain.ReleaseAsync(SessionId, [grant.Token], FlowCluster.Token);
        return receipt;
    }

    /// <summary>Ends an attempt that could not read batches of a parent.</summary>
    public async Task<EffectReceipt> LoseAsync(LeaseGrant grant, params LostBatch[] lost)
    {
        var failure = new TaskFailure("artifact_lost", false, "gone");
        var receipts = await cluster.Run(grant.Token.TaskId.RunId.Value).CompleteManyAsync(
            [new AttemptOutcome { Token = grant.Token, End = AttemptEnd.Failed, Failure = failure, LostInputs = lost }], FlowCluster.Token);
        await Grain.ReleaseAsync(SessionId, [grant.Token], FlowCluster.Token);
        return Assert.Single(receipts);
    }

    public Task<EffectReceipt> CompleteAsync(LeaseGrant grant, int batches = 0) => EndAsync(grant, AttemptEnd.Completed, batches);

    public Task<IReadOnlyList<LeaseToken>> HeartbeatAsync() => Grain.HeartbeatAsync(SessionId, [], FlowCluster.Token);

    public Task DrainAsync() => Grain.DrainAsync(SessionId, FlowCluster.Token);

    public Task DisconnectAsync(bool clean = false) => Grain.DisconnectAsync(SessionId, clean, FlowCluster.Token);

    private WorkerRegistration Registration(LeaseToken[] held) => new()
    {
        SessionId = SessionId, Roles = roles, Slots = slots, Held = held, Labels = Labels, RoleVersions = RoleVersions, Prefetch = Prefetch,
    };

    private ITaskGrain Owner(LeaseGrant grant) => cluster.Task(grant.Token.TaskId.Value);

    private async Task PumpAsync(string session)
    {
        try
        {
            await foreach (var command in Grain.CommandsAsync(session, FlowCluster.Token))
            {
                foreach (var grant in command.Offers ?? [])
                {
                    _offered.Enqueue(grant);
                }

                await _commands.Writer.WriteAsync(command, FlowCluster.Token);
            }
        }
        catch (Exception)
        {
            // The session ended with its silo or its test; what matters is what arrived.
        }
    }
}
