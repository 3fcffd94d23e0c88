namespace OrleansFlow.StreamJobs;

/// <summary>The rows of one key and window.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="T">The rows.</typeparam>
public abstract class WindowGroup<TKey, T> : RowGroup<TKey, T>
{
    private protected WindowGroup()
    {
    }

    /// <summary>The window's first moment.</summary>
    public DateTime Start => throw Outside();

    /// <summary>The first moment behind the window.</summary>
    public DateTime End => throw Outside();
}
