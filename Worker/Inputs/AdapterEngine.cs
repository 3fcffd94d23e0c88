using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Worker.Inputs;

/// <summary>The engine of one adapter's reading. One thread, so that a statement gives its rows in the same order each time.</summary>
internal sealed class AdapterEngine : IAsyncDisposable
{
    private readonly EngineInstance _engine;

    private AdapterEngine(EngineInstance engine)
    {
        _engine = engine;
        Session = engine.OpenSession();
    }

    public EngineSession Session { get; }

    /// <param name="memoryBytes">Its memory; beyond it, it spills.</param>
    /// <param name="tempFolder">The attempt's folder. The engine gets one of its own in it, because a locked engine may still read what is in that.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<AdapterEngine> OpenAsync(long memoryBytes, string tempFolder, CancellationToken cancellationToken) => new(await EngineInstance.OpenAsync(
        new EngineOptions { MemoryLimitBytes = memoryBytes, ThreadCount = 1, TempFolder = Path.Combine(tempFolder, "engine") }, cancellationToken));

    /// <summary>The rows of a query in batches, whose references belong to whoever enumerates.</summary>
    /// <exception cref="FlowException">The engine refused or failed it.</exception>
    public async IAsyncEnumerable<RecordBatch> QueryAsync(string sql, int batchRows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var result = await TranslateAsync(() => Session.QueryAsync(sql, null, cancellationToken, batchRows));
        while (await TranslateAsync(() => result.ReadAsync(cancellationToken).AsTask()) is { } batch)
        {
            yield return batch;
        }
    }

    /// <summary>Runs a call and says in the project's codes how it failed.</summary>
    public static async Task<T> TranslateAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (EngineException exception) when (exception is { Kind: EngineErrorKind.Source, InnerException: FlowException source })
        {
            throw new FlowException(source.Code, source.Message, exception);
        }
        catch (EngineException exception)
        {
            // What ran out of something, or was disturbed, may do better next time.
            var passes = exception.Kind is EngineErrorKind.OutOfMemory or EngineErrorKind.InputOutput or EngineErrorKind.Internal
                or EngineErrorKind.Interrupted or EngineErrorKind.Unknown;
            throw new FlowException(passes ? FlowErrorCode.UnexpectedError : FlowErrorCode.EngineError, exception.Message, exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await _engine.DisposeAsync();
    }
}
