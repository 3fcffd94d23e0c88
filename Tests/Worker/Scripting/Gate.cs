namespace OrleansFlow.Tests.Worker.Scripting;

/// <summary>A point where a handler says that it has come, and waits to be let on.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Reached => _reached.Task.WaitAsync(TestContext.Current.CancellationToken);

    public void Open() => _opened.TrySetResult();

    /// <summary>For handlers that heed their token.</summary>
    public async Task PassAsync(CancellationToken cancellationToken)
    {
        _reached.TrySetResult();
        await _opened.Task.WaitAsync(cancellationToken);
    }

    /// <summary>For handlers that do not.</summary>
    public Task PassDeafAsync()
    {
        _reached.TrySetResult();
        return _opened.Task;
    }
}
