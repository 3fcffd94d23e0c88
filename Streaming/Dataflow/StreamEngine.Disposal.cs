using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <content>How it ends.</content>
public sealed partial class StreamEngine
{
    /// <summary>Subtasks that did not end in <see cref="StreamEngineLimits.DisposeTimeout"/> and what they still hold, a sentence each. Empty before the disposal, and for every operator that honours its token.</summary>
    public IReadOnlyList<string> LeftBehind { get; private set; } = [];

    /// <summary>Ends everything, in at most <see cref="StreamEngineLimits.DisposeTimeout"/>. What does not end by then is told as an error, named in <see cref="LeftBehind"/>, and let go when it ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _closing.CancelAsync();
        await _running.CancelAsync();
        Task all;
        List<(BuiltSubtask Built, Task End)> ends;
        lock (_gate)
        {
            _alignmentTimer?.Dispose();
            all = _all;
            ends = [.. _subtasks.Zip(_runs, static (built, run) => (built, EndAsync(built, run)))];
        }

        try
        {
            await Task.WhenAll(ends.Select(static one => one.End).Append(all)).WaitAsync(_setup.Limits.DisposeTimeout, _setup.Clock);
        }
        catch (TimeoutException)
        {
            LeftBehind = [.. ends.Where(static one => !one.End.IsCompleted).Select(one => Tell(one.Built))];
        }

        if (_setup.Memory is null)
        {
            _memory.Dispose();
        }

        _events.Complete();
        if (_failure is { } failure)
        {
            _completion.TrySetException(failure);
            _ = _completion.Task.Exception;
        }

        _completion.TrySetCanceled(CancellationToken.None);
    }

    private static async Task EndAsync(BuiltSubtask one, Task run)
    {
        await run;
        await DisposeOneAsync(one);
    }

    private static async Task DisposeAllAsync(List<BuiltSubtask> built)
    {
        foreach (var one in built)
        {
            await DisposeOneAsync(one);
        }
    }

    private static async Task DisposeOneAsync(BuiltSubtask one)
    {
        await one.Subtask.DisposeAsync();
        foreach (var channel in one.RemoteChannels)
        {
            await channel.DisposeAsync();
        }
    }

    private string Tell(BuiltSubtask built)
    {
        var plan = built.Subtask.Plan;
        var words = string.Create(
            CultureInfo.InvariantCulture,
            $"Subtask {plan.Index} of node {plan.Node.Id} did not end {_setup.Limits.DisposeTimeout.TotalSeconds:0.###} s after it was told to (DisposeTimeout): an operator among {string.Join(", ", plan.Node.Chain.Select(part => $"'{part.Id}' ({part.Kind})"))} does not honour its token. Its tables, what its sinks stage and {built.RemoteChannels.Count} channels to other workers stay until it ends.");
        _events.TryTell(new WorkerEvent { NonfatalError = TaskErrors.Of(built.Subtask.Id(), new FlowException(FlowErrorCode.DeadlineExceeded, words)) });
        return words;
    }
}
