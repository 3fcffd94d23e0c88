using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains;
using OrleansFlow.Grains.Graphs;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>A run that is decided and stored without a silo around it.</summary>
internal sealed class StoredRun(JsonGrainStorage storage, string document)
{
    private static readonly DateTimeOffset NowUtc = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static int _activations;
    private readonly RunSubmission _submission = new() { DocumentJson = document, Files = new Dictionary<string, string> { ["f"] = "/d/f.parquet" } };
    private readonly ServiceProvider _services = new ServiceCollection()
        .AddKeyedSingleton<IGrainStorage>(FlowGrainStorage.Name, storage.With((IJsonTypeInfoResolver[])[GraphRunJson.Default])).BuildServiceProvider();

    private GraphRunStore? _store;

    public GrainId Grain { get; } = GrainId.Create("run", "r");

    public GraphRunState State { get; private set; } = GraphRunState.None;

    public IReadOnlyList<string> Names => storage.Names(Grain);

    public SubmitRun Submit() => new(new RunId("r"), GraphParser.Parse(document, _submission.Files).RequirePlan());

    public string Text(string name) => storage.Get(name, Grain);

    public void Put(string name, string json) => storage.Put(name, Grain, json);

    /// <summary>What another silo would read.</summary>
    public async Task ReloadAsync()
    {
        _store = new GraphRunStore(_services);
        State = await _store.LoadAsync(Grain, $"activation{Interlocked.Increment(ref _activations)}", new RunId("r"));
    }

    /// <summary>Decides the commands and stores what they led to with one write.</summary>
    public async Task DoAsync(params GraphRunCommand[] commands)
    {
        if (_store is null)
        {
            await ReloadAsync();
        }

        var events = new List<GraphRunEvent>();
        foreach (var command in commands)
        {
            var decision = GraphRunDecider.Decide(State, command, TimeSpan.FromSeconds(60), NowUtc);
            State = decision.State;
            events.AddRange(decision.Events);
        }

        await _store!.WriteAsync(State, _submission, settled: false, events);
    }

    /// <summary>One to three random commands, some of which are refused.</summary>
    public Task DoAnythingAsync(Random random) => DoAsync([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Any(random))]);

    public static string Describe(GraphRunState state) => JsonSerializer.Serialize(new
    {
        state.Status, state.Version, state.AcceptedCount, state.SubmittedUtc, state.StartedUtc, state.EndedUtc, state.CancelReason, state.Failure, state.EndedCount, state.IsPaused, state.History, state.ReopenedUtc, Gates = state.OpenGates.ToList(),
        Variables = state.Variables.ToJson(), state.CompensatingUtc, state.Compensating, state.ToCompensate, state.FailedNode,
        Active = state.Active.ToList(), Remaking = state.Remaking.ToList(),
        Nodes = state.Nodes.Select(node => new
        {
            node.Status, node.Opened, node.IsHeldBack, node.StartedUtc, node.EndedUtc, node.CompletedCount, node.Rows, node.Bytes, node.Metrics, node.Accepted,
            Offered = node is { Opened: true, IsTerminal: false } ? node.OfferedCount : 0, node.Items, node.FailedCount, node.EndedOrder,
            node.Failure, node.MetricCounts, node.Reruns, node.Past,

            // Nobody looks at the ways to a node that ended unopened, or of a run that undoes what it did. In memory one whose parent ended later is still
            // open, from storage it follows from the parent; a node that goes on settles it to the same end.
            Edges = HasWays(state, node) ? node.Edges : [], Taken = HasWays(state, node) ? node.TakenCount : 0, Dead = HasWays(state, node) ? node.DeadCount : 0,
            Tasks = node.Tasks.Select(task => TaskLeaseRow.Of(task)),
        }),
    });

    private static bool HasWays(GraphRunState state, NodeRunState node) => state.CompensatingUtc is null && node is not { IsTerminal: true, Opened: false };

    private GraphRunCommand Any(Random random)
    {
        switch (random.Next(40))
        {
            case < 4:
                return new PassRunTime();
            case 4:
                return State.IsPaused ? new ResumeRun() : new PauseRun("look");
            case 6 or 7 when State.IsTerminal:
                return new ReopenRun(null, "go on");
            case 8 when random.Next(3) == 0:
                return new CancelRun("enough");
            case 6 when State.Exists:
                return new ReopenRun(random.Next(State.Nodes.Count), "again");
            case 5 when State.OpenGates.Count > 0:
                return new AnswerGate(State.OpenGates[0], random.Next(2) == 0, "{}");
        }

        var node = random.Next(State.Nodes.Count);
        if (State.Nodes[node].Tasks.Count == 0)
        {
            return new PassRunTime();
        }

        var slot = new TaskSlot(node, random.Next(State.Nodes[node].Tasks.Count));
        var task = State[slot];
        if (State.Plan!.Nodes[node].Child is not null)
        {
            return new EndChild(slot, "{}", null);
        }

        return new LeaseTask(slot, task.Status switch
        {
            FlowTaskStatus.Leased => random.Next(6) switch
            {
                5 when LostBy(node, random) is { } lost => new LoseInputs(task.Epoch, [lost], new LeaseFailure(LeaseReasons.ArtifactLost, false, "gone")),
                4 => new SaveCheckpoint(task.Epoch, new LeaseCheckpoint(random.Next(9), $"\"{slot.Index}\"", random.Next(task.StandingCount + 1))),
                0 when random.Next(4) == 0 => new FailAttempt(task.Epoch, new LeaseFailure("oops", true, "no")),
                0 => new CompleteAttempt(task.Epoch, task.Batches.Count, random.Next(3) == 0 ? $"\"{new string('x', 600)}{slot.Index}\"" : "{}"),
                1 => new RevokeLease(task.Epoch, LeaseReasons.ConnectionLost),
                _ => new AcceptBatch(
                    task.Epoch, task.StandingCount, new AcceptedBatch(task.Epoch, 3, 30 + task.Epoch, $"{slot}.{task.StandingCount}.e{task.Epoch}") { Uid = random.Next(2) == 0 ? $"u{task.Batches.Count}" : null }, Numbers(random.Next(3)))
                {
                    Checkpoint = random.Next(3) == 0 ? new LeaseCheckpoint(1, "{}", 0) : null,
                },
            },
            _ => new GrantLease(new WorkerId("w"), "s"),
        });
    }

    /// <summary>Any batch of a parent.</summary>
    private LostInput? LostBy(int node, Random random)
    {
        var parents = State.Plan!.Nodes[node].Edges.Select(edge => edge.Parent).Where(parent => !State.Nodes[parent].Accepted.IsEmpty).ToList();
        if (parents.Count == 0)
        {
            return null;
        }

        var parent = parents[random.Next(parents.Count)];
        var batch = State.Nodes[parent].Accepted[random.Next(State.Nodes[parent].Accepted.Count)];
        return new LostInput(State.Plan.Nodes[parent].Id, batch.Task, batch.Index, State.Nodes[parent].Tasks[batch.Task].Batches[batch.Index].Path);
    }

    private static ImmutableSortedDictionary<string, double> Numbers(int count) =>
        Enumerable.Range(0, count).ToImmutableSortedDictionary(number => $"n{number}", number => number + 0.5, StringComparer.Ordinal);
}
