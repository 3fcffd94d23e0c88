using OrleansFlow.Arrow;
using OrleansFlow.Engine.Native;
using OrleansFlow.Engine.Scans;

namespace OrleansFlow.Engine;

/// <summary>Batches as tables: scanned in place, or appended to a table.</summary>
public sealed partial class EngineSession
{
    private readonly Dictionary<string, (long Id, BatchSource Source)> _sources = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Makes batches readable as the view <paramref name="name"/> of this session, without copying them. Registering the name again with the
    /// same columns only exchanges the batches, which costs microseconds and is seen by prepared statements at their next execution.
    /// </summary>
    /// <param name="name">Name of the view; not case-sensitive. It hides a table of that name.</param>
    /// <param name="schema">Columns of all batches.</param>
    /// <param name="batches">The rows, in order; enumerated once, now. The caller may release its references at once.</param>
    /// <param name="cancellationToken">Cancels the registration.</param>
    /// <exception cref="ArgumentException">A batch has columns other than <paramref name="schema"/>, or there are no columns.</exception>
    /// <exception cref="EngineException">A type has no counterpart in DuckDB.</exception>
    public Task RegisterBatchesAsync(
        string name, ArrowSchema schema, IEnumerable<RecordBatch> batches, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(batches);
        ThrowIfNoColumns(schema);
        return RegisterOrReplaceAsync(name, schema, batches, cancellationToken);
    }

    /// <summary>
    /// Makes a stream of batches readable as the view <paramref name="name"/> of this session. A statement that reads it waits for its
    /// batches, on the session's thread or one of the engine's.
    /// </summary>
    /// <param name="name">Name of the view; not case-sensitive. It hides a table of that name.</param>
    /// <param name="schema">Columns of all batches.</param>
    /// <param name="open">
    /// Called once per scan, so twice by a statement that names the view twice. The token fires when the statement is cancelled. The
    /// engine disposes each batch it takes. The stream must not call this session, which is busy with the statement.
    /// </param>
    /// <param name="cancellationToken">Cancels the registration.</param>
    /// <exception cref="EngineException">A type has no counterpart in DuckDB.</exception>
    public Task RegisterStreamAsync(
        string name,
        ArrowSchema schema,
        Func<CancellationToken, IAsyncEnumerable<RecordBatch>> open,
        CancellationToken cancellationToken) => RegisterStreamAsync(name, schema, estimatedRowCount: null, open, cancellationToken);

    /// <inheritdoc cref="RegisterStreamAsync(string, ArrowSchema, Func{CancellationToken, IAsyncEnumerable{RecordBatch}}, CancellationToken)"/>
    /// <param name="name">Name of the view; not case-sensitive. It hides a table of that name.</param>
    /// <param name="schema">Columns of all batches.</param>
    /// <param name="estimatedRowCount">Rows that joins are planned with; null when nothing is known, which DuckDB takes for very few.</param>
    /// <param name="open">Called once per scan, so twice by a statement that names the view twice.</param>
    /// <param name="cancellationToken">Cancels the registration.</param>
    public Task RegisterStreamAsync(
        string name,
        ArrowSchema schema,
        long? estimatedRowCount,
        Func<CancellationToken, IAsyncEnumerable<RecordBatch>> open,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(open);
        return RegisterAsync(name, schema, () => new StreamSource(name, schema, _instance.Conversions, this, estimatedRowCount ?? -1, open), cancellationToken);
    }

    /// <summary>
    /// Makes a stream of batches readable as the view <paramref name="name"/> of this session, as <see cref="RegisterStreamAsync(string, ArrowSchema, Func{CancellationToken, IAsyncEnumerable{RecordBatch}}, CancellationToken)"/>
    /// does, and tells the stream which columns a statement reads.
    /// </summary>
    /// <param name="name">Name of the view; not case-sensitive. It hides a table of that name.</param>
    /// <param name="schema">All columns there are.</param>
    /// <param name="estimatedRowCount">Rows that joins are planned with; null when nothing is known, which DuckDB takes for very few.</param>
    /// <param name="open">Called once per scan, with the places of the columns that are read, at least one, each once. Its batches have these columns in this order.</param>
    /// <param name="cancellationToken">Cancels the registration.</param>
    /// <exception cref="EngineException">A type has no counterpart in DuckDB.</exception>
    public Task RegisterColumnsAsync(
        string name,
        ArrowSchema schema,
        long? estimatedRowCount,
        Func<IReadOnlyList<int>, CancellationToken, IAsyncEnumerable<RecordBatch>> open,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(open);
        return RegisterAsync(name, schema, () => new ColumnStreamSource(name, schema, _instance.Conversions, this, estimatedRowCount ?? -1, open), cancellationToken);
    }

    /// <summary>Forgets a registered name; unknown names are ignored. Its batches stay until the statements prepared over it are disposed.</summary>
    public Task UnregisterAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return UnregisterAsync([name], cancellationToken);
    }

    /// <summary>Forgets registered names; unknown ones are ignored. Their batches stay until the statements prepared over them are disposed.</summary>
    public Task UnregisterAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(names);
        return RunAsync(
            _ =>
            {
                foreach (var name in names)
                {
                    Unregister(name);
                }

                return true;
            },
            cancellationToken);
    }

    /// <summary>Appends a batch to a table, by position of the columns.</summary>
    /// <param name="table">One name, in the session's current schema.</param>
    /// <param name="batch">The rows; stays the caller's.</param>
    /// <param name="cancellationToken">Checked between pieces of 2,048 rows.</param>
    /// <exception cref="EngineException">The table does not exist, the columns do not fit, or a constraint fails; no row of the batch is kept
    /// if it has at most 204,800 rows or the session is inside a transaction that is rolled back.</exception>
    public Task InsertAsync(string table, RecordBatch batch, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(table);
        ArgumentNullException.ThrowIfNull(batch);
        return RunAsync(
            token =>
            {
                using var appender = new BatchAppender(_connection, _instance.Conversions, table);
                appender.Append(batch, token);
                appender.Flush();
                return true;
            },
            cancellationToken);
    }

    /// <summary>Appends a stream of batches to a table, by position of the columns.</summary>
    /// <param name="table">One name, in the session's current schema.</param>
    /// <param name="batches">The rows; each batch is disposed after it was appended.</param>
    /// <param name="cancellationToken">Ends the stream and the append.</param>
    /// <returns>Rows appended.</returns>
    /// <exception cref="EngineException">As for <see cref="InsertAsync"/>. Rows before the failure may be in the table: use a transaction
    /// (<c>BEGIN</c>, <c>COMMIT</c>) for all or nothing.</exception>
    public async Task<long> AppendAsync(string table, IAsyncEnumerable<RecordBatch> batches, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(table);
        ArgumentNullException.ThrowIfNull(batches);
        var appender = await RunAsync(_ => new BatchAppender(_connection, _instance.Conversions, table), cancellationToken)
            .ConfigureAwait(false);
        try
        {
            long rowCount = 0;
            await foreach (var batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                using (batch)
                {
                    await RunAsync(
                        token =>
                        {
                            appender.Append(batch, token);
                            return true;
                        },
                        cancellationToken).ConfigureAwait(false);
                    rowCount += batch.RowCount;
                }
            }

            await RunAsync(
                _ =>
                {
                    appender.Flush();
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            return rowCount;
        }
        finally
        {
            await CloseAsync(appender.Dispose).ConfigureAwait(false);
        }
    }

    private async Task RegisterOrReplaceAsync(string name, ArrowSchema schema, IEnumerable<RecordBatch> batches, CancellationToken cancellationToken)
    {
        using (await EnterAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (_sources.TryGetValue(name, out var known) && known.Source is MemorySource memory && memory.Schema.Equals(schema))
            {
                // Nothing that the engine would have to do.
                memory.Replace(batches);
                return;
            }
        }

        await RegisterAsync(name, schema, () => new MemorySource(name, schema, _instance.Conversions, this, batches), cancellationToken).ConfigureAwait(false);
    }

    private Task<bool> RegisterAsync(string name, ArrowSchema schema, Func<BatchSource> make, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ThrowIfNoColumns(schema);
        return RunAsync(
            _ =>
            {
                Register(name, make());
                return true;
            },
            cancellationToken);
    }

    private static void ThrowIfNoColumns(ArrowSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        if (schema.Fields.Count == 0)
        {
            throw new ArgumentException("A registered source needs at least one column.", nameof(schema));
        }
    }

    private void Unregister(string name)
    {
        if (_sources.Remove(name, out var known))
        {
            NativeStatement.ExecuteAll(_connection, $"DROP VIEW IF EXISTS temp.{EngineText.Quote(name)}");
            Release(known);
        }
        else if (_stubs.Remove(name, out var stub))
        {
            NativeStatement.ExecuteAll(_connection, $"DROP VIEW IF EXISTS temp.{EngineText.Quote(name)}");
            ReleaseStub(stub);
        }
    }

    private void Register(string name, BatchSource source)
    {
        var id = _instance.NextSourceId();
        _instance.Sources[id] = source;
        try
        {
            NativeStatement.ExecuteAll(
                _connection,
                FormattableString.Invariant($"CREATE OR REPLACE TEMP VIEW {EngineText.Quote(name)} AS SELECT * FROM {ScanFunction.Name}({id})"));
        }
        catch
        {
            Release((id, source));
            throw;
        }

        if (_sources.Remove(name, out var old))
        {
            Release(old);
        }

        _sources[name] = (id, source);
    }

    private void Release((long Id, BatchSource Source) registered)
    {
        _instance.Sources.TryRemove(registered.Id, out _);
        registered.Source.Release();
    }

    private void ReleaseSources()
    {
        foreach (var registered in _sources.Values)
        {
            Release(registered);
        }

        _sources.Clear();
    }
}
