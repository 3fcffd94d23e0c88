namespace OrleansFlow.Benchmarks.Macro.Baselines;

/// <summary>The store without anything of ours: what prepared statements on one connection reach with the same durability.</summary>
internal interface IBareStore : IAsyncDisposable
{
    /// <summary>What an acknowledged write survives.</summary>
    string Durability { get; }

    /// <summary>A folder on the store's disk.</summary>
    string Folder { get; }

    /// <summary>Puts the store under a silo.</summary>
    void AddTo(Orleans.Hosting.ISiloBuilder silo);

    /// <summary>Inserts rows of about the size of a bench state, so many a transaction, each transaction committed before the next begins.</summary>
    /// <returns>Rows per second.</returns>
    double InsertsPerSecond(int rowsPerTransaction, int transactions, TimeProvider clock);
}
