using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;
using OrleansFlow.Events;
using OrleansFlow.Grains.Events;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Tests.Grains.Workflows;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Grains.Events;

/// <summary>Facts about runs and workers on Orleans streams, as a client and as a user's grain see them.</summary>
public sealed class FlowEventsTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task RunEvents_ReachAClientAndAUsersGrain_InOrderWithGrowingSequences()
    {
        await using var cluster = await StartAsync(batches: true);
        var facts = await SubscribeAsync<RunFact>(cluster, FlowStreams.RunEvents, "events-1");
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("events-1", """{"id":"a","role":"r"}""");
        var grant = await worker.NextOfferAsync();
        await worker.BatchAsync(grant, 0, rows: 7);
        await worker.CompleteAsync(grant, 1);

        var seen = await ReadAsync(facts, fact => fact is { Kind: RunFactKind.RunChanged, Status: RunStatus.Completed });

        Assert.Equal(
            ["RunChanged Pending", "LeaseGranted a/0 e1 w1", "NodeChanged a Running", "RunChanged Running", "BatchAccepted a/0 e1 w1 #0 7", "LeaseEnded a/0 e1 w1 completed", "NodeChanged a Completed", "RunChanged Completed"],
            seen.Select(Shown));
        Assert.Equal(seen.Select(fact => fact.Sequence).Order().Distinct(), seen.Select(fact => fact.Sequence));
        Assert.All(seen, fact => Assert.Equal((1, "events-1"), (fact.Form, fact.RunId.Value)));
        await ListenerGrain.WhenAsync("events-1", fact => fact is { Kind: RunFactKind.RunChanged, Status: RunStatus.Completed });
        Assert.Equal(seen.Select(fact => fact.Sequence), ListenerGrain.Seen("events-1").Select(fact => fact.Sequence).Distinct());
    }

    [Fact(Timeout = Watchdog)]
    public async Task RunEvents_OfAWorkflowsRun_TellItsLeasesAndItsEnd_InOrderWithGrowingSequences()
    {
        await using var cluster = await StartAsync(batches: true);
        var facts = await SubscribeAsync<RunFact>(cluster, FlowStreams.RunEvents, "events-w");
        var run = await WorkflowRuns.StartAsync(cluster, "events-w");
        var first = await WorkflowRuns.GrantAsync(run, "events-w", 1);
        var second = (await WorkflowRuns.CompleteAsync(run, first, WorkflowRuns.Next(1, "2"))).Next!;
        await WorkflowRuns.CompleteAsync(run, second, WorkflowRuns.Output("3"));

        var seen = await ReadAsync(facts, fact => fact is { Kind: RunFactKind.RunChanged, Status: RunStatus.Completed });

        Assert.Equal(
            ["RunChanged Running", "LeaseGranted 1", "LeaseEnded 1", "LeaseGranted 2", "LeaseEnded 2", "RunChanged Completed"],
            seen.Select(ShownOfWorkflow));
        Assert.Equal(seen.Select(fact => fact.Sequence).Order().Distinct(), seen.Select(fact => fact.Sequence));
        Assert.All(seen, fact => Assert.True(fact.IsWorkflow));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RunEvents_OfACommitBeforeACrash_ComeAtLeastOnce_AndAreToldApartByTheirSequence(bool batches)
    {
        await using var cluster = await StartAsync(batches);
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        var facts = await SubscribeAsync<RunFact>(cluster, FlowStreams.RunEvents, "events-2");
        await cluster.SubmitAsync("events-2", """{"id":"a","role":"r","retry":{"max":0}}""");
        var grant = await worker.NextOfferAsync();
        await cluster.CrashAsync();
        await worker.RegisterAsync(grant.Token);
        await worker.EndAsync(grant, AttemptEnd.Failed, failure: new TaskFailure("oops", true, "no"));

        var seen = (await ReadAsync(facts, fact => fact is { Kind: RunFactKind.RunChanged, Status: RunStatus.Failed })).DistinctBy(fact => fact.Sequence).ToList();

        Assert.Equal(seen.Select(fact => fact.Sequence).Order(), seen.Select(fact => fact.Sequence));
        Assert.Contains("LeaseGranted a/0 e1 w1", seen.Select(Shown));
        Assert.Contains("LeaseEnded a/0 e1 w1 oops", seen.Select(Shown));
        Assert.Equal("oops", seen[^1].Reason);
    }

    /// <summary>The silo is killed right after commits on both sides of each snapshot, after which the rows before it are not read again.</summary>
    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RunEvents_OfAWorkflowsRun_WhoseSiloIsKilledInItsMiddle_AreAllThere_AndToldApartByTheirSequence(bool batches)
    {
        await using var cluster = await StartAsync(batches);
        var id = $"events-crash-{batches}";
        var run = await WorkflowRuns.StartAsync(cluster, id, WorkflowRuns.Loop);
        var lease = await WorkflowRuns.GrantAsync(run, id, 1);
        HashSet<int> kills = [1, 62, 63, 64, 65, 66, 70];
        const int Steps = 72;
        for (var step = 1; step <= Steps; step++)
        {
            // What went out before is delivered: a memory stream loses what it has with its silo.
            await ListenerGrain.WhenAsync(id, fact => fact.Kind == RunFactKind.LeaseGranted && fact.TaskIndex == step);
            lease = (await WorkflowRuns.CompleteAsync(run, lease, step < Steps ? WorkflowRuns.Next(0, "1") : WorkflowRuns.Output("3"))).Next ?? (step < Steps ? await WorkflowRuns.GrantAsync(run, id, step + 1) : lease);
            if (step == Steps || kills.Contains(step))
            {
                await cluster.CrashAsync();
                await run.RecoverAsync(FlowCluster.Token);
            }
        }

        await ListenerGrain.WhenAsync(id, fact => fact is { Kind: RunFactKind.RunChanged, Status: RunStatus.Completed });
        var seen = ListenerGrain.Seen(id);
        Assert.Equal(
            ["RunChanged Running", .. Enumerable.Range(1, Steps).SelectMany(step => (string[])[$"LeaseGranted {step}", $"LeaseEnded {step}"]), "RunChanged Completed"],
            seen.DistinctBy(fact => fact.Sequence).OrderBy(fact => fact.Sequence).Select(ShownOfWorkflow));
        Assert.All(seen.GroupBy(fact => fact.Sequence), same => Assert.Single(same.Distinct()));

        // Whoever takes only sequences above the last one seen misses nothing.
        var last = 0L;
        Assert.Equal((Steps * 2) + 2, seen.Count(fact => fact.Sequence > last && (last = fact.Sequence) > 0));
    }

    [Fact(Timeout = Watchdog)]
    public async Task WorkerEvents_TellHowTheWorkerStands()
    {
        await using var cluster = await StartAsync(batches: true);
        var facts = await SubscribeAsync<WorkerFact>(cluster, FlowStreams.WorkerEvents, "events-w");
        var worker = await cluster.StartWorkerAsync("events-w", 1, "r");
        await worker.DrainAsync();
        await worker.DisconnectAsync(clean: true);

        var seen = await ReadAsync(facts, fact => fact.Liveness == WorkerLiveness.Offline);

        Assert.Equal([WorkerLiveness.Online, WorkerLiveness.Draining, WorkerLiveness.Offline], seen.Select(fact => fact.Liveness));
        Assert.Equal(("drain", worker.SessionId), (seen[^1].Reason, seen[^1].SessionId));
        Assert.Equal(3, seen.Select(fact => fact.Sequence).Distinct().Count());
    }

    private static Task<FlowCluster> StartAsync(bool batches) => FlowCluster.StartAsync(batches, (silo, client) =>
    {
        silo?.Services.AddSingleton<FlowEvents>();
        silo?.AddMemoryStreams(FlowStreams.Provider);
        silo?.AddMemoryGrainStorage("PubSubStore");
        client?.AddMemoryStreams(FlowStreams.Provider);
    });

    private static async Task<ChannelReader<T>> SubscribeAsync<T>(FlowCluster cluster, string @namespace, string key)
    {
        var facts = Channel.CreateUnbounded<T>();
        await cluster.Client.GetStreamProvider(FlowStreams.Provider).GetStream<T>(@namespace, key).SubscribeAsync((fact, _) => facts.Writer.WriteAsync(fact).AsTask());
        return facts.Reader;
    }

    private static async Task<List<T>> ReadAsync<T>(ChannelReader<T> facts, Func<T, bool> isLast)
    {
        var seen = new List<T>();
        do
        {
            seen.Add(await facts.ReadAsync(FlowCluster.Token));
        }
        while (!isLast(seen[^1]));
        return seen;
    }

    private static string ShownOfWorkflow(RunFact fact) =>
        $"{fact.Kind} {(fact.Status is { } status ? status.ToString() : fact.TaskIndex!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture))}";

    private static string Shown(RunFact fact) => string.Join(' ', ((string?[])
    [
        fact.Kind.ToString(), fact.Node is null ? null : fact.TaskIndex is { } index ? $"{fact.Node}/{index}" : fact.Node, fact.Status?.ToString(),
        fact.Epoch > 0 ? $"e{fact.Epoch}" : null, fact.Worker.IsDefault ? null : fact.Worker.Value, fact.Batch is { } batch ? $"#{batch} {fact.Rows}" : null,
        fact.Kind == RunFactKind.LeaseEnded ? fact.Reason : null,
    ]).OfType<string>());
}

/// <summary>A user's grain for each run, subscribed by its attribute.</summary>
public interface IListenerGrain : IGrainWithStringKey;

/// <inheritdoc cref="IListenerGrain"/>
[ImplicitStreamSubscription(FlowStreams.RunEvents)]
public sealed class ListenerGrain : Grain, IListenerGrain
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<RunFact>> Facts = new();

    public static IReadOnlyList<RunFact> Seen(string run) => [.. Facts.GetOrAdd(run, _ => new ConcurrentQueue<RunFact>())];

    public static async Task WhenAsync(string run, Func<RunFact, bool> condition)
    {
        while (!Seen(run).Any(condition))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        this.GetStreamProvider(FlowStreams.Provider).GetStream<RunFact>(FlowStreams.RunEvents, this.GetPrimaryKeyString()).SubscribeAsync((fact, _) =>
        {
            Facts.GetOrAdd(this.GetPrimaryKeyString(), _ => new ConcurrentQueue<RunFact>()).Enqueue(fact);
            return Task.CompletedTask;
        });
}
