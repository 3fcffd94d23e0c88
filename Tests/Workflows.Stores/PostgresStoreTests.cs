using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Stores.Conformance;
using OrleansFlow.Workflows.Stores.Postgres;

[assembly: AssemblyFixture(typeof(OrleansFlow.Tests.PostgresFixture))]

namespace OrleansFlow.Tests.Workflows.Stores;

/// <summary>Goal: the PostgreSQL store does what is promised of every store, and several processes share it without ever both changing a run.</summary>
public sealed class PostgresStoreTests(PostgresFixture postgres)
{
    private static readonly WorkFilter Worker = new() { Worker = new WorkerId("w") };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Checks => MemoryStoreTests.Checks;

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Checks))]
    public async Task Store_Conforms(string check)
    {
        var database = await DatabaseAsync();
        await using var fixture = await StoreFixture.OpenAsync(async (options, token) => await PostgresWorkflowStore.OpenAsync(database, options, token), cancellationToken: Token);

        await WorkflowStoreConformance.Find(check).RunAsync(fixture, Token);
    }

    [Fact(Timeout = 60_000)]
    public async Task WorkOfOneProcess_IsPushedToAnother_AndSoIsTheEnd()
    {
        var database = await DatabaseAsync();
        await using var one = await PostgresWorkflowStore.OpenAsync(database, cancellationToken: Token);
        await using var other = await PostgresWorkflowStore.OpenAsync(database, cancellationToken: Token);
        var taking = other.TakeAsync(Worker, Timeout.InfiniteTimeSpan, Token).AsTask();

        var run = (await one.CreateRunAsync(new() { Workflow = Shapes.Single, Input = Payload.FromJson("1") }, Token)).Run;
        var ending = one.WaitForCompletionAsync(run, Token).AsTask();
        var lease = await taking;
        Assert.Equal(1, (await one.GetRunAsync(run, Token))!.InFlightCount);
        Assert.True((await other.CommitStepAsync(lease!.Token, new StepOutcome { Outputs = [Payload.FromJson("2")] }, Token)).IsAccepted);

        Assert.Equal("2", (await ending).Outputs.Single().ToString());
    }

    [Fact(Timeout = 60_000)]
    public async Task TwoProcesses_DoEachItemOnce()
    {
        const int Count = 60;
        var database = await DatabaseAsync();
        await using var one = await PostgresWorkflowStore.OpenAsync(database, cancellationToken: Token);
        await using var other = await PostgresWorkflowStore.OpenAsync(database, cancellationToken: Token);
        var run = (await one.CreateRunAsync(new() { Workflow = Shapes.Split, Input = Payload.FromJson("1") }, Token)).Run;
        var first = (await one.TakeAsync(Worker, Timeout.InfiniteTimeSpan, Token))!;
        await one.CommitStepAsync(first.Token, new StepOutcome { Successors = [.. Enumerable.Repeat(new ItemSeed(1, Payload.FromJson("1")), Count)] }, Token);

        var ending = other.WaitForCompletionAsync(run, Token).AsTask();
        await Task.WhenAll(new[] { one, other }.SelectMany(store => Enumerable.Range(0, 4).Select(_ => WorkAsync(store, ending))));

        Assert.Equal(new RunCounters(Total: Count + 1, Completed: Count), await one.GetMetricsAsync(run, Token));
        Assert.Equal(Count, (await other.GetContextAsync(run, Token))!.Version);
    }

    [Fact(Timeout = 60_000)]
    public async Task ProcessThatEnds_LosesItsLeases_ToAnother()
    {
        var (database, time) = (await DatabaseAsync(), new ManualTimeProvider());
        var options = new WorkflowStoreOptions { Time = time };
        await using var other = await PostgresWorkflowStore.OpenAsync(database, options, Token);
        WorkLease lost;
        await using (var one = await PostgresWorkflowStore.OpenAsync(database, options, Token))
        {
            await one.CreateRunAsync(new() { Workflow = Shapes.Single, Input = Payload.FromJson("1") }, Token);
            lost = (await one.TakeAsync(Worker, Timeout.InfiniteTimeSpan, Token))!;
            time.Advance(options.LeaseDuration / 2);
            Assert.True(await one.RenewAsync(lost.Token, Token));
        }

        var taking = other.TakeAsync(Worker, Timeout.InfiniteTimeSpan, Token).AsTask();
        time.Advance(options.LeaseDuration / 2);
        Assert.Null(await other.TakeAsync(Worker, TimeSpan.Zero, Token));
        time.Advance(options.LeaseDuration / 2);

        Assert.True((await taking)!.Token.Epoch > lost.Token.Epoch);
    }

    [Fact]
    public async Task UnreachableServer_IsSaidSo_WithoutThePassword()
    {
        var options = new PostgresWorkflowStoreOptions { ConnectionString = "Host=127.0.0.1;Port=1;Database=flow;Username=me;Password=secret", OutageTimeout = TimeSpan.Zero };

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await PostgresWorkflowStore.OpenAsync(options, cancellationToken: Token));

        Assert.Equal(FlowErrorCode.StoreUnavailable, thrown.Code);
        Assert.Contains("127.0.0.1/flow", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongOptions_AreAllNamed()
    {
        var options = new PostgresWorkflowStoreOptions { ConnectionString = "Database=flow", Schema = "No Schema", ReadConnectionsMax = 0 };

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await PostgresWorkflowStore.OpenAsync(options, cancellationToken: Token));

        Assert.Equal(["Schema", "ReadConnectionsMax", "ConnectionString"], thrown.Problems.Select(problem => problem.Path));
    }

    private static async Task WorkAsync(PostgresWorkflowStore store, Task ending)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var watch = ending.ContinueWith(_ => ended.Cancel(), Token, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            while (await store.TakeAsync(Worker, Timeout.InfiniteTimeSpan, ended.Token) is { } lease)
            {
                var receipt = await store.CommitStepAsync(lease.Token, new StepOutcome { Delta = Payload.FromJson("1"), Outputs = [Payload.FromJson("2")] }, Token);
                Assert.True(receipt.IsAccepted, receipt.Refused);
            }
        }
        catch (OperationCanceledException) when (ending.IsCompleted)
        {
            // All is done.
        }

        await watch;
    }

    private async Task<PostgresWorkflowStoreOptions> DatabaseAsync() =>
        new() { ConnectionString = await postgres.ConnectAsync(Token), Schema = postgres.NewSchema() };
}
