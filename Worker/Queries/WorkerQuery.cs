namespace OrleansFlow.Worker.Queries;

/// <summary>One query on a worker: its tasks, and who waits for news of them. Every member is used under the lock of <see cref="QueryTasks"/>.</summary>
/// <param name="id">Id of the query.</param>
internal sealed class WorkerQuery(string id)
{
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id { get; } = id;

    /// <summary>The newest attempt of each task.</summary>
    public Dictionary<(int Stage, int Task), QueryTask> Tasks { get; } = [];

    /// <summary>Older attempts that were replaced and whose end is still to be reported.</summary>
    public List<QueryTask> Replaced { get; } = [];

    /// <summary>Whether all its plans came in tickets: then it ends with its last reader, as nobody will cancel it.</summary>
    public bool IsOfTickets { get; set; } = true;

    /// <summary>Calls that read, watch or wait.</summary>
    public int CallCount { get; set; }

    /// <summary>When the last call ended or the last plan came, as a timestamp of the clock.</summary>
    public long UsedAt { get; set; }

    /// <summary>Whether it is over: cancelled, or read to its end.</summary>
    public bool IsEnded { get; set; }

    /// <summary>Whether it holds nothing and nobody waits for it.</summary>
    public bool IsUnused => Tasks.Count == 0 && CallCount == 0;

    /// <summary>Whether its plans came in tickets, and all its rows were read.</summary>
    public bool IsReadOut => IsOfTickets && CallCount == 0 && Tasks.Count > 0 && Tasks.Values.All(task => task.IsDone);

    /// <summary>Ends with the next change.</summary>
    public Task Changed => _changed.Task;

    /// <summary>Wakes whoever waits for a change.</summary>
    public void Pulse()
    {
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
