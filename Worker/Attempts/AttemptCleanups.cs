namespace OrleansFlow.Worker.Attempts;

/// <summary>What an attempt's handler wants done at its end: last registered, first done; paths go last.</summary>
internal sealed class AttemptCleanups
{
    private readonly Lock _gate = new();
    private readonly Stack<Func<ValueTask>> _actions = new();
    private readonly Stack<string> _paths = new();

    public void Add(Func<ValueTask> action)
    {
        lock (_gate)
        {
            _actions.Push(action);
        }
    }

    public void AddPath(string path)
    {
        lock (_gate)
        {
            _paths.Push(path);
        }
    }

    /// <summary>Does it all, whatever fails on the way.</summary>
    public async Task RunAsync(Action<Exception> failed)
    {
        while (Take(_actions) is { } action)
        {
            try
            {
                await action();
            }
            catch (Exception exception)
            {
                failed(exception);
            }
        }

        while (Take(_paths) is { } path)
        {
            try
            {
                Delete(path);
            }
            catch (Exception exception)
            {
                failed(exception);
            }
        }
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }

    private T? Take<T>(Stack<T> stack)
        where T : class
    {
        lock (_gate)
        {
            return stack.TryPop(out var item) ? item : null;
        }
    }
}
