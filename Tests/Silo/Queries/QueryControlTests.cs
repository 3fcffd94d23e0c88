using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: a worker that does not answer holds nothing back but itself.</summary>
public sealed class QueryControlTests
{
    private const int Watchdog = 60_000;
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(500);
    private static readonly QueryPeer Here = new("w1", "grpc+tcp://w1", 1, 0);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatIsCancelled_WhileAWorkerDoesNotTakeItsTasks_EndsAtTheNextLook()
    {
        var (clock, grain, calls) = (new ManualTimeProvider(), new EndingGrain(), new SilentCalls());
        using var result = new QueryResult();
        await using var control = Control(grain, calls, result, clock);
        control.Start(new QueryOrders([new QueryAssignment(new QueryAttempt(0, 0, 1), Here.Id)], [], null), [Here]);
        await calls.WhenAsked.WaitAsync(Token);

        grain.End = new QueryEnded(FlowErrorCode.Cancelled, "Somebody wants it so.");
        while (result.Failure is null)
        {
            clock.Advance(CheckInterval);
            await Task.Yield();
        }

        Assert.Equal(FlowErrorCode.Cancelled, result.Failure.Code);
        Assert.False(calls.WasGivenUp);
    }

    [Fact(Timeout = Watchdog)]
    public async Task WhatTheGrainDecides_WhileAWorkerIsSlow_IsDoneWhenThatOneHasAnswered()
    {
        var (clock, grain, calls) = (new ManualTimeProvider(), new EndingGrain(), new SilentCalls());
        using var result = new QueryResult();
        await using var control = Control(grain, calls, result, clock);
        control.Start(new QueryOrders([new QueryAssignment(new QueryAttempt(0, 0, 1), Here.Id)], [], null), [Here]);
        await calls.WhenAsked.WaitAsync(Token);

        grain.Orders.Enqueue(new QueryOrders([new QueryAssignment(new QueryAttempt(0, 0, 2), Here.Id)], [], null));
        while (!grain.Orders.IsEmpty)
        {
            clock.Advance(CheckInterval);
            await Task.Yield();
        }

        Assert.Equal([1], calls.Asked);
        calls.Answer();
        var (attempt, _, _) = await result.NextAsync(after: 1, Token);

        Assert.Equal(2, attempt);
        Assert.Equal([1, 2], calls.Asked);
    }

    private static QueryControl Control(IQueryGrain grain, IQueryCalls calls, QueryResult result, TimeProvider clock)
    {
        var plan = new DistributedPlan { Stages = [new QueryStage { Id = 1, Sql = "select 1", ColumnTypes = ["INTEGER"], TaskCount = 1 }], Names = ["n"] };
        var steps = new QuerySteps(plan, new QueryMode(KeepsRows: false, Adaptive: null, FilterRowCountMin: null));
        steps.Begin();
        var plans = new TaskPlans("q1", steps, new Dictionary<StageScan, IQueryScan>(), new Dictionary<string, string>());
        var query = new QueryContext("q1", "token", grain, plans, steps, plan.Names, TimeSpan.FromMinutes(1)) { Meter = new QueryMeter() };
        return new QueryControl(query, new OneWorker(), calls, result, new QueryPatience(CheckInterval, TimeSpan.FromMinutes(1)), clock, NullLogger<QueryRun>.Instance);
    }

    private sealed class OneWorker : IQueryWorkers
    {
        public Task<IReadOnlyList<QueryPeer>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<QueryPeer>>([Here]);
    }

    /// <summary>Takes no tasks until it is told to.</summary>
    private sealed class SilentCalls : IQueryCalls
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task WhenAsked => _asked.Task;

        public List<int> Asked { get; } = [];

        public bool WasGivenUp { get; private set; }

        public void Answer() => _answer.SetResult();

        public async Task SetAsync(string location, string token, SetPlansRequest request, CancellationToken cancellationToken)
        {
            Asked.Add(request.Plans.Single().Key.Attempt);
            _asked.TrySetResult();
            await using var givingUp = cancellationToken.Register(() => WasGivenUp = true);
            await _answer.Task.WaitAsync(cancellationToken);
        }

        public Task CancelAsync(string location, string token, string queryId, string reason, TimeSpan timeout) => Task.CompletedTask;

        public Task StopAsync(string location, string token, IEnumerable<TaskKey> tasks, string reason, TimeSpan timeout) => Task.CompletedTask;

        public async IAsyncEnumerable<TaskReport> WatchAsync(
            string location, string token, string queryId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            yield break;
        }

        public IQueryRows ReadAsync(string location, string token, OutputRange range, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("Nothing is read here.");
    }

    /// <summary>Decides what the test says.</summary>
    private sealed class EndingGrain : IQueryGrain
    {
        public System.Collections.Concurrent.ConcurrentQueue<QueryOrders> Orders { get; } = [];

        public volatile QueryEnded? End;

        public Task<QueryOrders> ReportAsync(QueryReport report, CancellationToken cancellationToken) =>
            Task.FromResult(Orders.TryDequeue(out var orders) ? orders : new QueryOrders([], [], End));

        public Task<QueryTurn> AdmitAsync(QueryTurnRequest request, TimeSpan wait, CancellationToken cancellationToken) => throw new InvalidOperationException();

        public Task<QueryOrders> PlaceAsync(QueryPlacing placing, CancellationToken cancellationToken) => throw new InvalidOperationException();

        public Task<QueryOrders> ReleaseAsync(IReadOnlyList<QueryStageRelease> releases, CancellationToken cancellationToken) => throw new InvalidOperationException();

        public Task<bool> BeginDeliveryAsync(int attempt, CancellationToken cancellationToken) => throw new InvalidOperationException();

        public Task EndAsync(QueryEnded ended, CancellationToken cancellationToken) => throw new InvalidOperationException();

        public Task CancelAsync(string reason, CancellationToken cancellationToken) => throw new InvalidOperationException();

        public Task<QueryView?> GetAsync(CancellationToken cancellationToken) => throw new InvalidOperationException();
    }
}
