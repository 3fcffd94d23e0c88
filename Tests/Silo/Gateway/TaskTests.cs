using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

public sealed class TaskTests(SiloFixture fixture)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private FlowClient Client => fixture.Silo.Client;

    [Fact]
    public async Task Submit_ManyTasks_EachEndsOnceWithItsOwnResult()
    {
        var tasks = Enumerable.Range(0, 300).Select(number => (default(TaskId), new TaskSubmission { Role = "echo", PayloadJson = $"{number}" })).ToArray();

        var ids = await Client.SubmitTasksAsync(tasks, cancellationToken: CancellationToken);
        var ended = new List<TaskView>();
        await foreach (var view in Client.WatchTasksAsync(ids, CancellationToken))
        {
            ended.Add(view);
        }

        Assert.Equal(ids.Select(id => id.Value).Order(StringComparer.Ordinal), ended.Select(view => view.TaskId.Value).Order(StringComparer.Ordinal));
        Assert.All(ended, view => Assert.Equal(FlowTaskStatus.Completed, view.Status));
        var byId = ended.ToDictionary(view => view.TaskId, view => view.ResultJson);
        Assert.Equal(tasks.Select(task => task.Item2.PayloadJson), ids.Select(id => byId[id]));
    }

    [Fact]
    public async Task Submit_SameTaskTwice_IsFineUnlessItDiffers()
    {
        var id = TaskId.Standalone("task-same-twice");
        var task = new TaskSubmission { Role = "echo", PayloadJson = "1" };
        await Client.SubmitTasksAsync([(id, task)], cancellationToken: CancellationToken);
        await Client.SubmitTasksAsync([(id, task)], cancellationToken: CancellationToken);

        var failure = await Assert.ThrowsAsync<FlowException>(
            () => Client.SubmitTasksAsync([(id, task with { PayloadJson = "2" })], cancellationToken: CancellationToken));

        Assert.Equal(FlowErrorCode.AlreadyExists, failure.Code);
    }

    [Fact]
    public async Task Submit_OneByOneByManyAtOnce_GivesEachItsOwnAnswer()
    {
        var known = TaskId.Standalone("task-one-by-one");
        await Client.SubmitTaskAsync(new TaskSubmission { Role = "echo", PayloadJson = "1" }, known, cancellationToken: CancellationToken);

        var good = Enumerable.Range(0, 300).Select(number => Client.SubmitTaskAsync(
            new TaskSubmission { Role = number % 3 == 0 ? "nobody-yet-at-all" : "echo", PayloadJson = $"{number}" },
            allowUnknownRoles: number % 3 == 0,
            cancellationToken: CancellationToken)).ToList();
        var other = Client.SubmitTaskAsync(new TaskSubmission { Role = "echo", PayloadJson = "2" }, known, cancellationToken: CancellationToken);
        var same = Client.SubmitTaskAsync(new TaskSubmission { Role = "echo", PayloadJson = "1" }, known, cancellationToken: CancellationToken);
        var noJson = Client.SubmitTaskAsync(new TaskSubmission { Role = "echo", PayloadJson = "{" }, cancellationToken: CancellationToken);
        var noRole = Client.SubmitTaskAsync(new TaskSubmission { Role = "nobody-does-this" }, cancellationToken: CancellationToken);

        Assert.Equal(FlowErrorCode.AlreadyExists, (await Assert.ThrowsAsync<FlowException>(() => other)).Code);
        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => noJson)).Code);
        Assert.Equal(FlowErrorCode.UnknownRole, (await Assert.ThrowsAsync<FlowException>(() => noRole)).Code);
        Assert.Equal(known, await same);
        var ids = await Task.WhenAll(good);
        Assert.Equal(300, ids.Distinct().Count());
        foreach (var number in (int[])[0, 1, 299])
        {
            Assert.Equal(number % 3 == 0 ? "nobody-yet-at-all" : "echo", (await Client.GetTaskAsync(ids[number], CancellationToken)).Role);
        }
    }

    public static TheoryData<string, string> Faulty() => new()
    {
        { "id", "tasks[0]: 'a/b' is not a task id" },
        { "twice", "tasks[1]: id 'x1' occurs twice" },
        { "role", "tasks[0]: role ''" },
        { "json", "tasks[0]: payload_json is no JSON" },
        { "large", "payload_json has more than 65536 bytes" },
        { "priority", "priority 1001 is outside" },
        { "retries", "max_retries 101 is outside" },
        { "backoff", "backoff_sec -1 is outside" },
        { "label", "tasks[0]: 'a b' is not a label" },
        { "version", "tasks[0]: a role_version has" },
        { "none", "0 tasks in one call" },
        { "many", "1001 tasks in one call" },
    };

    [Theory, MemberData(nameof(Faulty))]
    public async Task Submit_FaultyTask_NamesPositionAndRange(string fault, string expected)
    {
        var request = new Protocol.V1.SubmitTasksRequest();
        var spec = new Protocol.V1.TaskSpec { TaskId = "x1", Role = "echo" };
        request.Tasks.Add(spec);
        switch (fault)
        {
            case "id": spec.TaskId = "a/b"; break;
            case "twice": request.Tasks.Add(spec.Clone()); break;
            case "role": spec.Role = ""; break;
            case "json": spec.PayloadJson = "{"; break;
            case "large": spec.PayloadJson = $"\"{new string('x', 65_535)}\""; break;
            case "priority": spec.Priority = 1_001; break;
            case "retries": spec.MaxRetries = 101; break;
            case "backoff": spec.BackoffSec = -1; break;
            case "label": spec.Placement = new Protocol.V1.TaskPlacement { Labels = { ["a b"] = "x" } }; break;
            case "version": spec.Placement = new Protocol.V1.TaskPlacement { RoleVersion = new string('1', 129) }; break;
            case "none": request.Tasks.Clear(); break;
            default: request.Tasks.Add(Enumerable.Range(0, 1_000).Select(_ => new Protocol.V1.TaskSpec { Role = "echo" })); break;
        }

        var method = Rpc.RpcMethod.Protobuf<Protocol.V1.SubmitTasksRequest, Protocol.V1.SubmitTasksResponse>(
            Rpc.RpcMethodKind.Unary, "orleansflow.v1.Flow", "SubmitTasks");
        var failure = await Assert.ThrowsAsync<Rpc.RpcException>(
            () => fixture.Silo.Channel.UnaryAsync(method, request, new Rpc.RpcCallOptions(CancellationToken: CancellationToken)));

        Assert.Equal(Rpc.RpcStatusCode.InvalidArgument, failure.Code);
        Assert.Contains(expected, failure.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_WithLabelsThatNoWorkerHas_WaitsForOne()
    {
        var submission = new TaskSubmission { Role = "echo", Labels = new Dictionary<string, string> { ["gpu"] = "no-one-has-this" }, RoleVersion = "9" };
        var task = Assert.Single(await Client.SubmitTasksAsync([(default, submission)], cancellationToken: CancellationToken));
        var free = Assert.Single(await Client.SubmitTasksAsync([(default, new TaskSubmission { Role = "echo" })], cancellationToken: CancellationToken));
        await foreach (var _ in Client.WatchTasksAsync([free], CancellationToken))
        {
            // A task that came later, and asks for nothing, has passed it.
        }

        Assert.Equal(FlowTaskStatus.Ready, (await Client.GetTaskAsync(task, CancellationToken)).Status);
        await Client.CancelTaskAsync(task, "seen", CancellationToken);
    }

    [Fact]
    public async Task Submit_UnknownRole_IsRefusedNamingIt()
    {
        var failure = await Assert.ThrowsAsync<FlowException>(
            () => Client.SubmitTasksAsync([(default, new TaskSubmission { Role = "nobody-does-this" })], cancellationToken: CancellationToken));

        Assert.Equal(FlowErrorCode.UnknownRole, failure.Code);
        Assert.Contains("nobody-does-this", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_WaitingTask_IsFinal()
    {
        var ids = await Client.SubmitTasksAsync([(default, new TaskSubmission { Role = "nobody-yet" })], allowUnknownRoles: true, CancellationToken);

        var view = await Client.CancelTaskAsync(ids[0], "not needed", CancellationToken);

        Assert.Equal(FlowTaskStatus.Cancelled, view.Status);
        Assert.Equal(FlowTaskStatus.Cancelled, (await Client.GetTaskAsync(ids[0], CancellationToken)).Status);
    }

    [Fact]
    public async Task Cancel_TaskOfARun_IsBadInput() => Assert.Equal(
        FlowErrorCode.BadInput,
        (await Assert.ThrowsAsync<FlowException>(() => Client.CancelTaskAsync(TaskId.Parse("run/node/0"), "x", CancellationToken))).Code);

    [Fact]
    public async Task UnknownTask_IsNotFound()
    {
        var id = TaskId.Standalone("no-such-task");

        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => Client.GetTaskAsync(id, CancellationToken))).Code);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => Client.CancelTaskAsync(id, "x", CancellationToken))).Code);
        var failure = await Assert.ThrowsAsync<FlowException>(async () =>
        {
            await foreach (var _ in Client.WatchTasksAsync([id], CancellationToken))
            {
                Assert.Fail("An unknown task has no end.");
            }
        });
        Assert.Equal(FlowErrorCode.NotFound, failure.Code);
    }
}
