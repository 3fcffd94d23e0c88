using FsCheck;
using FsCheck.Fluent;
using OrleansFlow.Tests.Workflows.Runs;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Execution;

/// <summary>
/// Goal: whatever is lost or comes twice, a run ends with the output and the context of a sequential one. Method: random schedules of several workers
/// over one run (leases lost, outcomes presented twice, time going on), against the local mode as the oracle.
/// </summary>
public sealed class DurableRunTests
{
    private const int MaxSize = 8;

    private static readonly WorkflowDefinition<int, int, MergeMap<GrowCounter>> Sample = Define();

    [Fact]
    public async Task AnySchedule_EndsAsTheSequentialRunDoes()
    {
        var oracles = new List<WorkflowResult<int, MergeMap<GrowCounter>>>();
        for (var size = 1; size <= MaxSize; size++)
        {
            oracles.Add(await OracleAsync(size));
        }

        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => Schedule(seed, oracles)).Check(Config.QuickThrowOnFailure.WithMaxTest(150));
    }

    [Fact]
    public async Task Execute_OfANodeThatWaitsForASignal_GetsItOnTheSecondRun()
    {
        var flow = new Workflow<NoContext>("approval");
        flow.Start(flow.Node<int, string>("ask", (amount, scope) =>
            scope.TryGetSignal<string>(out var who) ? $"{amount} approved by {who}" : Transition.WaitForSignal<string>("approved")).End());
        var definition = flow.Build<int, string>();
        var run = Begun(definition.Compiled, Payload.FromJson("7"));

        run = await StepAsync(run);
        Assert.Equal(WorkItemStatus.WaitingForSignal, run.Items.Values.Single().Status);
        run = WorkflowRunDecider.Decide(run, new WorkflowCommand.Signal("approved", Payload.FromJson("\"eve\"")), DateTimeOffset.UnixEpoch).State;
        run = await StepAsync(run);

        Assert.Equal((WorkflowRunStatus.Completed, "\"7 approved by eve\""), (run.Status, run.Outputs.Single().ToString()));

        async Task<WorkflowRunState> StepAsync(WorkflowRunState state)
        {
            var taken = WorkflowRunDecider.Decide(state, new WorkflowCommand.Take(), DateTimeOffset.UnixEpoch);
            var outcome = await definition.ExecuteAsync(taken.Item!, default, new ManualTimeProvider(), cancellationToken: TestContext.Current.CancellationToken);
            return WorkflowRunDecider.Decide(taken.State, new WorkflowCommand.Commit(taken.Item!.Id, taken.Item.Epoch, outcome), DateTimeOffset.UnixEpoch).State;
        }
    }

    [Fact]
    public async Task Execute_OfAFailingNode_ThrowsAndProposesNothing()
    {
        var flow = new Workflow<NoContext>("broken");
        flow.Start(flow.Node<int, int>("broken", (_, _) => Transition.Abort<int>(new InvalidOperationException("no"))).End());
        var definition = flow.Build<int, int>();
        var item = WorkflowRunDecider.Decide(Begun(definition.Compiled, Payload.FromJson("7")), new WorkflowCommand.Take(), default).Item!;

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await definition.ExecuteAsync(item, default, new ManualTimeProvider(), cancellationToken: TestContext.Current.CancellationToken));
    }

    private static void Schedule(int seed, List<WorkflowResult<int, MergeMap<GrowCounter>>> oracles)
    {
        var random = new Random(seed);
        var time = new ManualTimeProvider();
        var size = random.Next(1, MaxSize + 1);
        var run = WorkflowRunState.None(Sample.Compiled);
        var inFlight = new List<(WorkItem Item, MergeMap<GrowCounter> Context)>();
        var presented = new List<WorkflowCommand>();
        var rows = new List<byte[]>();
        var states = new List<WorkflowRunState>();
        Do(new WorkflowCommand.Start { RunId = "run", Input = Payload.FromJson($"{size}") });
        for (var step = 0; !run.IsFinal; step++)
        {
            Assert.True(step < 10_000, $"The run did not end; seed {seed}.");
            var choice = random.Next(10);
            if (choice < 4)
            {
                var taken = Do(new WorkflowCommand.Take());
                if (taken.Item is { } item)
                {
                    inFlight.Add((item, Sample.ReadContext(run)));
                }
            }
            else if (choice < 8 && inFlight.Count > 0)
            {
                var place = random.Next(inFlight.Count);
                var outcome = Outcome(inFlight[place].Item, inFlight[place].Context, random, time);
                inFlight.RemoveAt(place);
                presented.Add(outcome);
                Do(outcome);
            }
            else if (choice == 8 && inFlight.Count > 0)
            {
                // The lease ends; its holder does not know, and presents its outcome later.
                var (item, context) = inFlight[random.Next(inFlight.Count)];
                Do(new WorkflowCommand.Lose(item.Id, item.Epoch));
                presented.Add(Outcome(item, context, random, time));
            }
            else if (presented.Count > 0 && random.Next(2) == 0)
            {
                var late = presented[random.Next(presented.Count)];
                var before = run;
                var answer = Do(late).Answer;
                Assert.True(answer == WorkflowAnswer.Refused ? ReferenceEquals(before, run) : IsCurrent(before, late), $"A stale outcome took effect; seed {seed}.");
            }
            else
            {
                // Every so often the run is read from its store again.
                run = random.Next(3) == 0 ? WorkflowRunJson.Read(WorkflowRunJson.Write(run)) : run;
                time.Advance(TimeSpan.FromSeconds(1));
                Do(new WorkflowCommand.Tick());
                if (random.Next(4) == 0 && run.Deltas.Count > 0)
                {
                    Do(new WorkflowCommand.Fold(run.ContextVersion, new Payload(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(Sample.ReadContext(run)))));
                }
            }

            RunFolds.AssertIndexes(run);
        }

        var oracle = oracles[size - 1];
        Assert.Equal((WorkflowRunStatus.Completed, $"{oracle.Output}"), (run.Status, run.Outputs.Single().ToString()));
        Assert.Equal(Visits(oracle.Context), Visits(Sample.ReadContext(run)));
        Assert.Equal(oracle.StepCount, run.Counters.Total);
        RunFolds.AssertFolds(Sample.Compiled, rows, states);

        WorkflowDecision Do(WorkflowCommand command)
        {
            var decision = WorkflowRunDecider.Decide(run, command, time.GetUtcNow());
            run = decision.State;
            rows.Add(WorkflowEventJson.ToUtf8(decision.Events));
            states.Add(run);
            return decision;
        }
    }

    private static WorkflowCommand Outcome(WorkItem item, MergeMap<GrowCounter> context, Random random, ManualTimeProvider time)
    {
        var call = Sample.ExecuteAsync(item, context, time);
        Assert.True(call.IsCompleted);
#pragma warning disable VSTHRD002, VSTHRD103 // It has completed: nothing blocks.
        return call.IsCompletedSuccessfully
            ? new WorkflowCommand.Commit(item.Id, item.Epoch, call.AsTask().Result)
            : new WorkflowCommand.Fail(item.Id, item.Epoch, FailureKinds.Generic, "no", random.NextDouble());
#pragma warning restore VSTHRD002, VSTHRD103
    }

    private static bool IsCurrent(WorkflowRunState before, WorkflowCommand command) =>
        command is WorkflowCommand.Commit commit && before.Items.TryGetValue(commit.Item, out var item) && item.Epoch == commit.Epoch && item.Status == WorkItemStatus.InProgress;

    private static async Task<WorkflowResult<int, MergeMap<GrowCounter>>> OracleAsync(int size)
    {
        var time = new ManualTimeProvider();
        var run = Sample.RunAsync(MergeMap<GrowCounter>.Empty, size, new LocalRunOptions { Time = time, Retry = StepRetryPolicy.Default }, TestContext.Current.CancellationToken).AsTask();
        while (!run.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await run;
    }

    private static IEnumerable<(string, long)> Visits(MergeMap<GrowCounter> context) => context.Values.Select(pair => (pair.Key, pair.Value.Value));

    private static WorkflowRunState Begun(CompiledWorkflow workflow, Payload input) =>
        WorkflowRunDecider.Decide(WorkflowRunState.None(workflow), new WorkflowCommand.Start { RunId = "run", Input = input }, DateTimeOffset.UnixEpoch).State;

    /// <summary>Split, sleep, retry, fallback, loop and join in one: the sum of what is left of 1 to n.</summary>
    private static WorkflowDefinition<int, int, MergeMap<GrowCounter>> Define()
    {
        var flow = new Workflow<MergeMap<GrowCounter>>("all-kinds");
        var sum = flow.Node<IReadOnlyList<int>, int>("sum", Counted<IReadOnlyList<int>, int>((items, _) => items.Sum())).End();
        var join = flow.Join<int>("join", JoinRule.All).To(sum);
        var rescue = flow.Node<NodeFailure<int>, int>("rescue", Counted<NodeFailure<int>, int>((failure, _) => failure.Input * 100)).To(join);
        var halve = flow.Node<int, int>("halve", Counted<int, int>((value, _) => value / 2));
        halve.Branch(arms => arms.When(value => value > 1, halve).Otherwise(join));
        var work = flow.Node<int, int>("work", Counted<int, int>((value, scope) => value switch
        {
            5 => Transition.Abort<int>(new InvalidOperationException("never")),
            3 when scope.Attempt == 1 => Transition.Abort<int>(new InvalidOperationException("not yet")),
            2 => Transition.Sleep(TimeSpan.FromSeconds(2), value),
            7 => Transition.Hold<int>(),
            _ => Transition.Next(value),
        })).Retry(new StepRetryPolicy { MaxAttempts = 2 }).OnFailure(rescue).To(halve, join);
        return flow.Start(flow.Split<int, int>("split", count => [.. Enumerable.Range(1, count)]).To(work)).Build<int, int>();
    }

    private static Func<TIn, NodeScope<MergeMap<GrowCounter>>, Transition<TOut>> Counted<TIn, TOut>(Func<TIn, NodeScope<MergeMap<GrowCounter>>, Transition<TOut>> run) => (input, scope) =>
    {
        scope.Context = scope.Context.Change(scope.Node, count => count.Add(scope.Writer));
        return run(input, scope);
    };
}
