namespace Orleans.Embedded;

/// <summary>Hears of every turn of a cluster's activations, so that a test knows when none is left. Thread-safe, and quick.</summary>
internal interface ITurnObserver
{
    /// <summary>A turn waits for a thread; whoever asked for it still runs.</summary>
    void OnQueued();

    /// <summary>It is over, and what it asked for has been heard of.</summary>
    void OnEnded();
}
