using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>What a run owes to the runs that are tasks of it: their submission, pauses and cancellation. The newest order of a task stands for it.</summary>
/// <remarks>Nothing of it is stored: it follows from the run's state. Used by one grain inside its turns.</remarks>
/// <param name="grains">Where the runs are.</param>
/// <param name="failed">Told of what could not be delivered and is tried again.</param>
/// <param name="refused">Told of a run that cannot be: its task has failed.</param>
internal sealed class RunChildren(IGrainFactory grains, Action<Exception> failed, Func<TaskSlot, LeaseFailure, Task> refused)
{
    /// <summary>Orders that are under way at once.</summary>
    private const int WindowMax = 64;

    private readonly SortedDictionary<TaskSlot, Order> _orders = [];

    /// <summary>Tasks whose run this activation has tried to submit: a submission whose answer was lost may still arrive.</summary>
    private readonly HashSet<TaskSlot> _submitted = [];

    /// <summary>True when nothing is owed.</summary>
    public bool IsEmpty => _orders.Count == 0;

    /// <summary>Id of the run that a task is: the run's, the node's and the index, shortened where that is too long.</summary>
    public static RunId IdOf(GraphRunState state, TaskSlot slot)
    {
        var reruns = state.Nodes[slot.Node].Reruns;
        var again = reruns > 0 ? string.Create(CultureInfo.InvariantCulture, $".again{reruns}") : "";
        var text = string.Create(CultureInfo.InvariantCulture, $"{state.RunId.Value}.{state.Plan!.Nodes[slot.Node].Id}.{slot.Index}{again}");
        return new RunId(text.Length <= IdText.MaxLength ? text : $"{text[..64]}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32]}");
    }

    /// <summary>Adds what a task of a node with a graph asks for now.</summary>
    public void Add(GraphRunState state, TaskSlot slot)
    {
        var task = state[slot];
        if (task.Status == FlowTaskStatus.Ready)
        {
            _orders[slot] = new Order(IdOf(state, slot), state.IsPaused ? OrderKind.Pause : OrderKind.Run, SubmissionOf(state, slot), "", state.ReopenedUtc);
        }
        else if (task.Status == FlowTaskStatus.Cancelled)
        {
            var reason = state.CancelReason ?? state.Failure?.Reason ?? LeaseReasons.Cancelled;
            _orders[slot] = new Order(IdOf(state, slot), OrderKind.Cancel, SubmissionOf(state, slot), $"run '{state.RunId}', which it belongs to: {reason}", null, state.CancelGrace);
        }
        else
        {
            _orders.Remove(slot);
        }
    }

    /// <summary>Delivers all that is owed now.</summary>
    /// <returns>True when all of it was delivered; what was not is owed still.</returns>
    public async Task<bool> DeliverAsync(CancellationToken cancellationToken)
    {
        var orders = _orders.ToArray();
        _orders.Clear();
        var isDelivered = true;
        foreach (var window in orders.Chunk(WindowMax))
        {
            var delivered = await Task.WhenAll(window.Select(order => DeliverAsync(order.Key, order.Value, cancellationToken)));
            isDelivered &= Array.TrueForAll(delivered, one => one);
        }

        return isDelivered;
    }

    private static RunSubmission SubmissionOf(GraphRunState state, TaskSlot slot) => new()
    {
        DocumentJson = state.Plan!.Nodes[slot.Node].Child!.DocumentOf(RunViews.ParamsOf(state, slot)),
        Files = state.Plan.Files.IsEmpty ? null : new Dictionary<string, string>(state.Plan.Files),
        Parent = state.IdOf(slot),
    };

    private async Task<bool> DeliverAsync(TaskSlot slot, Order order, CancellationToken cancellationToken)
    {
        try
        {
            await ApplyAsync(slot, order, cancellationToken);
            return true;
        }
        catch (FlowException exception) when (order.Kind == OrderKind.Run && exception.Code is FlowErrorCode.BadGraph or FlowErrorCode.AlreadyExists or FlowErrorCode.AlreadyEnded)
        {
            await refused(slot, new LeaseFailure(FlowErrorKind.Of(exception.Code).Wire, true, $"Run '{order.Child}' cannot be: {exception.Message}"));
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            failed(exception);

            // What came meanwhile is newer.
            _orders.TryAdd(slot, order);
            return false;
        }
    }

    private async Task ApplyAsync(TaskSlot slot, Order order, CancellationToken cancellationToken)
    {
        var run = grains.GetGrain<IGraphRunGrain>(order.Child.Value);
        if (order.Kind == OrderKind.Run || (order.Kind == OrderKind.Cancel && _submitted.Contains(slot)))
        {
            // Before a cancel too: a submission that is still on its way then finds a run that has ended.
            _submitted.Add(slot);
            await run.SubmitAsync(order.Submission, cancellationToken);
        }

        if (order is { Kind: OrderKind.Run, ReopenedUtc: { } reopenedUtc }
            && await run.GetAsync(cancellationToken) is { Status: RunStatus.Failed or RunStatus.Cancelled } ended && ended.EndedUtc <= reopenedUtc)
        {
            // It ended before the run that it belongs to went on after its own end.
            await run.ReopenAsync(null, "the run that it belongs to goes on", cancellationToken);
            return;
        }

        try
        {
            await (order.Kind switch
            {
                OrderKind.Run => run.ResumeAsync(cancellationToken),
                OrderKind.Pause => run.PauseAsync("the run that it belongs to was paused", cancellationToken),
                _ => run.CancelWithGraceAsync(order.Reason, order.Grace, cancellationToken),
            });
        }
        catch (FlowException exception) when (exception.Code is FlowErrorCode.NotFound or FlowErrorCode.AlreadyEnded)
        {
            // It has ended, and says so itself; or it was never there.
        }
    }

    private enum OrderKind
    {
        Run,
        Pause,
        Cancel,
    }

    private sealed record Order(RunId Child, OrderKind Kind, RunSubmission Submission, string Reason, DateTimeOffset? ReopenedUtc, TimeSpan? Grace = null);
}
