namespace OrleansFlow.Tests.Silo.EventStreams;

/// <summary>Events that a test hears.</summary>
internal sealed class StreamResults
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly Dictionary<string, TaskCompletionSource> _awaited = [];

    public List<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    public void Add(string line)
    {
        lock (_gate)
        {
            _lines.Add(line);
            SourceOf(line).TrySetResult();
        }
    }

    public Task Until(string line)
    {
        lock (_gate)
        {
            return SourceOf(line).Task;
        }
    }

    private TaskCompletionSource SourceOf(string line)
    {
        if (!_awaited.TryGetValue(line, out var source))
        {
            _awaited[line] = source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return source;
    }
}
