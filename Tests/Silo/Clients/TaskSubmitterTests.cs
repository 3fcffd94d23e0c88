using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Silo.Clients;

/// <summary>Goal: tasks that are submitted one by one share calls without one caller's fate becoming another's. Method: calls that end when told to.</summary>
public sealed class TaskSubmitterTests : IDisposable
{
    private readonly List<(List<string> Ids, TaskCompletionSource Answer)> _calls = [];
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _begun = new(0);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Submit_Alone_LeavesAtOnce()
    {
        var submitter = Make();

        var submitting = SubmitAsync(submitter, "a");

        Assert.Equal(["a"], Assert.Single(_calls).Ids);
        Assert.False(submitting.IsCompleted);
        _calls[0].Answer.SetResult();
        await submitting;
    }

    [Fact]
    public async Task Submit_WhileTwoCallsAreUnderWay_LeavesWithAllOthersWhenOneEnds()
    {
        var submitter = Make();
        var first = SubmitAsync(submitter, "a");
        var second = SubmitAsync(submitter, "b");
        var rest = Enumerable.Range(0, 1_200).Select(number => SubmitAsync(submitter, $"r{number}")).ToList();
        await BegunAsync(2);

        _calls[1].Answer.SetResult();
        await second;
        await BegunAsync(1);

        Assert.Equal(Enumerable.Range(0, 1_000).Select(number => $"r{number}"), _calls[2].Ids);
        _calls[2].Answer.SetResult();
        await BegunAsync(1);
        Assert.Equal(200, _calls[3].Ids.Count);
        _calls[0].Answer.SetResult();
        _calls[3].Answer.SetResult();
        await Task.WhenAll([first, .. rest]);
        Assert.Equal(4, _calls.Count);
    }

    [Fact]
    public async Task Submit_RefusedInACallOfSeveral_FailsAlone()
    {
        var submitter = Make();
        var (first, second) = (SubmitAsync(submitter, "a"), SubmitAsync(submitter, "b"));
        var (good, bad) = (SubmitAsync(submitter, "good"), SubmitAsync(submitter, "bad"));
        await BegunAsync(2);
        _calls[0].Answer.SetResult();
        await BegunAsync(1);
        _calls[2].Answer.SetException(new FlowException(FlowErrorCode.BadInput, "one of them"));
        await BegunAsync(1);
        _calls[3].Answer.SetResult();
        await BegunAsync(1);
        _calls[4].Answer.SetException(new FlowException(FlowErrorCode.BadInput, "this one"));
        _calls[1].Answer.SetResult();

        await Task.WhenAll(first, second, good);
        Assert.Equal("this one", (await Assert.ThrowsAsync<FlowException>(() => bad)).Message);
    }

    [Fact]
    public async Task Submit_WhenTheGatewayIsGone_FailsForAll_AndTheNextOneTriesAgain()
    {
        var submitter = Make();
        var (first, second) = (SubmitAsync(submitter, "a"), SubmitAsync(submitter, "b"));
        var (third, fourth) = (SubmitAsync(submitter, "c"), SubmitAsync(submitter, "d"));
        await BegunAsync(2);
        _calls[0].Answer.SetResult();
        await BegunAsync(1);
        _calls[2].Answer.SetException(new FlowException(FlowErrorCode.GatewayUnreachable, "gone"));
        _calls[1].Answer.SetResult();

        await Task.WhenAll(first, second);
        Assert.Equal(FlowErrorCode.GatewayUnreachable, (await Assert.ThrowsAsync<FlowException>(() => third)).Code);
        Assert.Equal(FlowErrorCode.GatewayUnreachable, (await Assert.ThrowsAsync<FlowException>(() => fourth)).Code);
        var next = SubmitAsync(submitter, "e");
        await BegunAsync(1);
        _calls[3].Answer.SetResult();
        await next;
    }

    [Fact]
    public async Task Submit_CancelledWhileItWaits_IsNotSent()
    {
        var submitter = Make();
        var (first, second) = (SubmitAsync(submitter, "a"), SubmitAsync(submitter, "b"));
        using var cancel = new CancellationTokenSource();
        var given = submitter.SubmitAsync(TaskId.Standalone("given-up"), Of("x"), false, cancel.Token);
        var kept = SubmitAsync(submitter, "kept");
        await BegunAsync(2);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        _calls[0].Answer.SetResult();
        await BegunAsync(1);

        Assert.Equal(["kept"], _calls[2].Ids);
        _calls[1].Answer.SetResult();
        _calls[2].Answer.SetResult();
        await Task.WhenAll(first, second, kept);
    }

    public void Dispose() => _begun.Dispose();

    private static TaskSubmission Of(string role) => new() { Role = role };

    private static Task SubmitAsync(TaskSubmitter submitter, string id) =>
        submitter.SubmitAsync(TaskId.Standalone(id), Of("role"), allowUnknownRoles: false, CancellationToken);

    private TaskSubmitter Make() => new((tasks, _) =>
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _calls.Add(([.. tasks.Select(task => task.Id.Value)], answer));
        }

        _begun.Release();
        return answer.Task;
    });

    private async Task BegunAsync(int count)
    {
        for (var call = 0; call < count; call++)
        {
            await _begun.WaitAsync(CancellationToken);
        }
    }
}
