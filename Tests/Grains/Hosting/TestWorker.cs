using System.Threading.Channels;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Grains.Hosting;

/// <summary>A worker as the gateway's session object stands for one: reads commands, reports effects.</summary>
internal sealed class TestWorker(FlowCluster cluster, string id, int slots, string[] roles)
{
    private readonly Channel<WorkerCommand> _commands = Channel.CreateUnbounded<WorkerCommand>();
    private int _sessions;

    public string SessionId => $"{id}-{_sessions}";

    public WorkerId Id { get; } = new(id);

    private IWorkerGrain Grain => cluster.Grains.GetGrain<IWorkerGrain>(id);

    public async Task<RegistrationReceipt> RegisterAsync(params LeaseToken[] held)
    {
        _sessions++;
        var receipt = await Grain.RegisterAsync(
            new WorkerRegistration { SessionId = SessionId, Roles = roles, Slots = slots, Held = held }, FlowCluster.Token);
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
                return (token, command.Reason);
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

    public Task<EffectReceipt> CompleteAsync(LeaseGrant grant, int batches = 0) => EndAsync(grant, AttemptEnd.Completed, batches);

    public Task<IReadOnlyList<LeaseToken>> HeartbeatAsync() => Grain.HeartbeatAsync(SessionId, [], FlowCluster.Token);

    public Task DrainAsync() => Grain.DrainAsync(SessionId, FlowCluster.Token);

    public Task DisconnectAsync(bool clean = false) => Grain.DisconnectAsync(SessionId, clean, FlowCluster.Token);

    private ITaskGrain Owner(LeaseGrant grant) => cluster.Task(grant.Token.TaskId.Value);

    private async Task PumpAsync(string session)
    {
        try
        {
            await foreach (var command in Grain.CommandsAsync(session, FlowCluster.Token))
            {
                await _commands.Writer.WriteAsync(command, FlowCluster.Token);
            }
        }
        catch (Exception)
        {
            // The session ended with its silo or its test; what matters is what arrived.
        }
    }
}
