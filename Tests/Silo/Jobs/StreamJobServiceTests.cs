using System.Globalization;
using Google.Protobuf;
using OrleansFlow.Client.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Jobs.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Rpc;
using StreamProgram = OrleansFlow.Protocol.Streaming.V1.Program;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>Goal: what people ask of streaming jobs is answered, or refused with a clear message. Method: one silo, a client, no rows.</summary>
public sealed class StreamJobServiceTests : IAsyncLifetime
{
    private const int WatchdogMs = 120_000;
    private const string Sql = "CREATE TABLE e WITH (connector = 'impulse', event_rate = 10); CREATE TABLE o (counter BIGINT) WITH (connector = 'blackhole'); INSERT INTO o SELECT counter FROM e;";
    private JobSilo _silo = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FlowJobs Jobs => _silo.Client.Jobs;

    public async ValueTask InitializeAsync() => _silo = await JobSilo.StartAsync();

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact(Timeout = WatchdogMs)]
    public async Task TextOfSql_IsPlannedAndRuns()
    {
        await using var worker = await _silo.WorkerAsync("w1", slots: 4);
        var job = await Jobs.SubmitSqlAsync(Sql, new StreamJobOptions { JobId = "sql", Parallelism = 2, CheckpointInterval = TimeSpan.FromMinutes(5) }, Token);

        Assert.Equal(("sql", TimeSpan.FromMinutes(5)), (job.JobId, job.CheckpointInterval));
        Assert.Contains(job.Nodes, node => node.Parallelism == 2);
        await _silo.UntilAsync("sql", StreamJobState.Running);
        Assert.Equal("sql", (await Jobs.SubmitSqlAsync(Sql, new StreamJobOptions { JobId = "sql", Parallelism = 2 }, Token)).JobId);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task JobWithoutId_GetsOne() => Assert.NotEmpty((await Jobs.SubmitSqlAsync(Sql, cancellationToken: Token)).JobId);

    [Fact(Timeout = WatchdogMs)]
    public async Task WrongSubmissions_AreRefused_AndAreNotListed()
    {
        Assert.Contains("no INSERT INTO", await RefusedAsync(Jobs.SubmitSqlAsync("CREATE TABLE e WITH (connector = 'impulse', event_rate = 10);", new StreamJobOptions { JobId = "a" }, Token)), StringComparison.Ordinal);
        Assert.Contains("no id of a job", await RefusedAsync(Jobs.SubmitSqlAsync(Sql, new StreamJobOptions { JobId = "no/slash" }, Token)), StringComparison.Ordinal);
        Assert.Contains("checkpoint_url is 'http://x'", await RefusedAsync(Jobs.SubmitSqlAsync(Sql, new StreamJobOptions { JobId = "a", CheckpointUrl = "http://x" }, Token)), StringComparison.Ordinal);
        Assert.Contains("checkpoint interval", await RefusedAsync(Jobs.SubmitSqlAsync(Sql, new StreamJobOptions { JobId = "a", CheckpointInterval = TimeSpan.FromMilliseconds(1) }, Token)), StringComparison.Ordinal);
        Assert.Contains("no nodes", await RefusedAsync(Jobs.SubmitProgramAsync(new StreamProgram().ToByteArray(), new StreamJobOptions { JobId = "a" }, Token)), StringComparison.Ordinal);
        Assert.Contains("needs a program or a text", await RefusedAsync(_silo.Channel.UnaryAsync(Method<SubmitJobRequest, Job>("Submit"), new SubmitJobRequest(), new RpcCallOptions(CancellationToken: Token))), StringComparison.Ordinal);

        Assert.Empty(await Jobs.ListAsync(Token).ToListAsync(Token));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task JobThatIsNone_IsNotFound_WhateverIsAsked()
    {
        Task[] asked =
        [
            Jobs.GetAsync("none", Token), Jobs.StopAsync("none", cancellationToken: Token), Jobs.StartAsync("none", cancellationToken: Token), Jobs.RestartAsync("none", cancellationToken: Token),
            Jobs.RescaleAsync("none", 2, cancellationToken: Token), Jobs.TakeCheckpointAsync("none", Token), Jobs.ListCheckpointsAsync("none", Token), Jobs.CreateSavepointAsync("none", "s", Token),
            Jobs.ListSavepointsAsync("none", Token), Jobs.DeleteSavepointAsync("none", "s", Token), Jobs.WatchAsync("none", cancellationToken: Token).ToListAsync(Token).AsTask(),
        ];
        foreach (var one in asked)
        {
            Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => one)).Code);
        }
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Listing_ComesInPages_NewestFirst()
    {
        for (var i = 0; i < 5; i++)
        {
            await _silo.SubmitAsync(string.Create(CultureInfo.InvariantCulture, $"j{i}"));
        }

        var first = await ListAsync(new ListJobsRequest { PageSize = 2 });
        var second = await ListAsync(new ListJobsRequest { PageSize = 2, PageToken = first.NextPageToken });
        var third = await ListAsync(new ListJobsRequest { PageSize = 2, PageToken = second.NextPageToken });
        Assert.Equal(["j4", "j3", "j2", "j1", "j0"], first.Jobs.Concat(second.Jobs).Concat(third.Jobs).Select(job => job.JobId));
        Assert.Empty(third.NextPageToken);
        Assert.Contains("page_token", await RefusedAsync(ListAsync(new ListJobsRequest { PageToken = "nobody" })), StringComparison.Ordinal);
        Assert.Contains("page_size", await RefusedAsync(ListAsync(new ListJobsRequest { PageSize = 1_001 })), StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Watch_ShowsTheStatesAndEndsWhenTheJobRests()
    {
        await _silo.SubmitAsync("rides");
        var seen = new List<FlowStreamJob>();
        await foreach (var job in Jobs.WatchAsync("rides", untilAtRest: true, Token))
        {
            if (job.Phase == "Slots" && seen.All(one => one.Phase != "Slots"))
            {
                await Jobs.StopAsync("rides", cancellationToken: Token);
            }

            seen.Add(job);
        }

        Assert.Equal((StreamJobState.Stopped, true), (seen[^1].State, seen[^1].IsAtRest));
        Assert.True(seen.Count >= 2);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Rescale_MovesAllNodes_OrThoseThatAreNamed()
    {
        await using var worker = await _silo.WorkerAsync("w1", slots: 4);
        await _silo.SubmitAsync("rides");
        await _silo.UntilAsync("rides", StreamJobState.Running);
        await Jobs.RescaleAsync("rides", all: 3, cancellationToken: Token);
        Assert.Equal([3, 3], (await _silo.UntilAsync("rides", job => job is { State: StreamJobState.Running, Generation: 2 })).Nodes.Select(node => node.Parallelism));

        await Jobs.RescaleAsync("rides", all: null, new Dictionary<uint, int> { [2] = 1 }, Token);
        var job = await _silo.UntilAsync("rides", job => job is { State: StreamJobState.Running, Generation: 3 });
        Assert.Equal([3, 1], job.Nodes.Select(node => node.Parallelism));
        Assert.Equal(3, job.Checkpoint);
        Assert.Contains("Nothing of job 'rides' would change", await RefusedAsync(Jobs.RescaleAsync("rides", all: null, cancellationToken: Token)), StringComparison.Ordinal);
        Assert.Contains("has no node 9", await RefusedAsync(Jobs.RescaleAsync("rides", all: null, new Dictionary<uint, int> { [9] = 1 }, Token)), StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task ForcedRestart_TakesNoCheckpoint_AndMayBeginFromNothing()
    {
        await using var worker = await _silo.WorkerAsync("w1", slots: 2);
        await _silo.SubmitAsync("rides");
        await _silo.UntilAsync("rides", StreamJobState.Running);
        await Jobs.TakeCheckpointAsync("rides", Token);
        await _silo.UntilAsync("rides", job => job is { Checkpoint: 1, CheckpointUnderWay: null });
        await Jobs.RestartAsync("rides", force: true, ignoreState: true, Token);
        Assert.Null((await _silo.UntilAsync("rides", job => job is { State: StreamJobState.Running, Generation: 2 })).Checkpoint);

        // What comes behind the checkpoint that it did not want counts all the same.
        await Jobs.TakeCheckpointAsync("rides", Token);
        Assert.True((await _silo.UntilAsync("rides", job => job is { Checkpoint: not null, CheckpointUnderWay: null })).Checkpoint > 1);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Savepoints_AreMadeOfTheNewestCheckpoint_ListedAndDeleted()
    {
        await using var worker = await _silo.WorkerAsync("w1", slots: 2);
        await _silo.SubmitAsync("rides");
        await _silo.UntilAsync("rides", StreamJobState.Running);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => Jobs.CreateSavepointAsync("rides", "v1.0", Token))).Code);
        await Jobs.TakeCheckpointAsync("rides", Token);
        await _silo.UntilAsync("rides", job => job is { Checkpoint: 1, CheckpointUnderWay: null });

        var made = await Jobs.CreateSavepointAsync("rides", "v1.0", Token);
        Assert.Equal(("v1.0", 1L, false), (made.Name, made.Checkpoint.Epoch, made.Checkpoint.IsCommitting));
        Assert.Equal([made], await Jobs.ListSavepointsAsync("rides", Token));
        Assert.Equal(FlowErrorCode.AlreadyExists, (await Assert.ThrowsAsync<FlowException>(() => Jobs.CreateSavepointAsync("rides", "v1.0", Token))).Code);
        Assert.Contains("name has 1 to", await RefusedAsync(Jobs.CreateSavepointAsync("rides", "a/b", Token)), StringComparison.Ordinal);
        await Jobs.DeleteSavepointAsync("rides", "v1.0", Token);
        await Jobs.DeleteSavepointAsync("rides", "v1.0", Token);
        Assert.Empty(await Jobs.ListSavepointsAsync("rides", Token));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task JobThatCallsFunctions_FailsAndNamesThem()
    {
        var program = JobSilo.Program.Clone();
        program.Functions.Add(new UserFunction { Name = "clean", Language = "python" });
        await Jobs.SubmitProgramAsync(program.ToByteArray(), new StreamJobOptions { JobId = "udf" }, Token);

        var failed = await _silo.UntilAsync("udf", StreamJobState.Failed);
        Assert.Equal(FlowErrorCode.Unsupported, failed.FailureKind!.Code);
        Assert.Contains("'clean' (python)", failed.Failure, StringComparison.Ordinal);
    }

    private static RpcMethod<TRequest, TResponse> Method<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.Unary, "orleansflow.streaming.v1.StreamJobs", name);

    private async Task<ListJobsResponse> ListAsync(ListJobsRequest request) =>
        await _silo.Channel.UnaryAsync(Method<ListJobsRequest, ListJobsResponse>("List"), request, new RpcCallOptions(CancellationToken: Token));

    private static async Task<string> RefusedAsync(Task asked)
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => asked);
        Assert.True(failure is FlowException { Code: FlowErrorCode.BadInput } or RpcException, failure.ToString());
        return failure.Message;
    }
}
