namespace OrleansFlow.Grains.Commits;

/// <summary>A write that waits for the grants of what it makes ready. Used by one grain inside its turns.</summary>
/// <typeparam name="T">Names what was offered.</typeparam>
/// <param name="isReady">Whether something still waits for its grant.</param>
internal sealed class EarlyHold<T>(Func<T, bool> isReady)
    where T : notnull
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What a worker is being asked to take.</summary>
    public SortedSet<T> Offered { get; } = [];

    /// <summary>Whether all queues have said which those are.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Ends the wait when no grant is missing.</summary>
    public void Look()
    {
        Offered.RemoveWhere(one => !isReady(one));
        if (IsAnswered && Offered.Count == 0)
        {
            End();
        }
    }

    public void End() => _over.TrySetResult();

    /// <summary>Awaited in a method of the grain's own, so that its end arrives in a turn.</summary>
    public async Task WaitAsync() => await _over.Task;
}
