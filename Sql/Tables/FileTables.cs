using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Sql.Tables;

/// <summary>
/// Tables over files: describes them through an engine of its own and divides them. What it saw of a file is remembered while path, size and time of change
/// stay the same.
/// </summary>
/// <remarks>Thread-safe. Holds an engine in memory: dispose it once.</remarks>
public sealed class FileTables : IAsyncDisposable
{
    private const int RememberedTables = 256;

    private readonly FileTablesOptions _options;
    private readonly EngineInstance _instance;
    private readonly SemaphoreSlim _slots;
    private readonly ConcurrentBag<EngineSession> _idle = [];
    private readonly ConditionalWeakTable<StageScan, Divided> _divided = [];
    private readonly WeightedCache<ParquetFooter> _footers;
    private readonly WeightedCache<Remembered> _tables;
    private long _readFooterCount;

    private FileTables(FileTablesOptions options, EngineInstance instance)
    {
        _options = options;
        _instance = instance;
        _slots = new SemaphoreSlim(options.ConcurrencyMax, options.ConcurrencyMax);
        _footers = new WeightedCache<ParquetFooter>(options.FooterCacheMax);
        _tables = new WeightedCache<Remembered>(options.FooterCacheMax == 0 ? 0 : Math.Max(RememberedTables, options.FooterCacheMax));
    }

    /// <summary>Footers that were read and not remembered from before.</summary>
    internal long ReadFooterCount => Interlocked.Read(ref _readFooterCount);

    /// <summary>Opens the engine.</summary>
    /// <param name="options">Limits.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="EngineException">The engine cannot be loaded.</exception>
    public static async Task<FileTables> OpenAsync(FileTablesOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new FileTables(options, await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1, Functions = [ArrowFunction.Create()] }, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>A table over files as queries read it.</summary>
    /// <param name="source">The files.</param>
    public ITableSource Open(TableSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new FileTable(this, source);
    }

    /// <summary>Looks at the files of a table.</summary>
    /// <param name="source">The files.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="FlowException">
    /// <see cref="FlowErrorCode.DataFileMissing"/>: a file is gone or cannot be read. <see cref="FlowErrorCode.BadInput"/>: files do not fit together.
    /// <see cref="FlowErrorCode.LimitExceeded"/>: there are too many. <see cref="FlowErrorCode.Unsupported"/>: an argument or place that tables do not take.
    /// </exception>
    public Task<TableDescription> DescribeAsync(TableSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        foreach (var option in source.Options)
        {
            TableReaders.ThrowIfUnknown(source.Format, option.Name);
        }

        return WithSessionAsync(session => DescribeAsync(session, source, cancellationToken), cancellationToken);
    }

    /// <summary>Divides a table; see <see cref="ITableSource.SplitAsync"/>.</summary>
    /// <param name="description">A table over files.</param>
    /// <param name="scan">Who reads it.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ArgumentException">The table has no files, or not the scan's columns.</exception>
    public async Task<IReadOnlyList<string>> SplitAsync(TableDescription description, StageScan scan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(scan);
        if (description.Source is null)
        {
            throw new ArgumentException($"The table '{scan.Table}' is no files.", nameof(description));
        }

        // The scan of a plan that is run again, over files that are as they were.
        if (_divided.TryGetValue(scan, out var known) && ReferenceEquals(known.Table, description))
        {
            return known.Parts;
        }

        var text = new PartText(description, scan.Columns);
        Func<int, int, bool> keeps = scan.Conditions.Count == 0
            ? static (_, _) => true
            : await WithSessionAsync(session => TablePruner.PruneAsync(session, description, scan.Conditions, _options.PruneBytesMin, cancellationToken), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> parts = [.. TableSplitter.Split(description, scan.TaskCount, keeps).Select(text.Write)];
        _divided.AddOrUpdate(scan, new Divided(description, parts));
        return parts;
    }

    /// <summary>Closes the engine; calls that still run fail. Repeating it does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await _instance.DisposeAsync().ConfigureAwait(false);
        _slots.Dispose();
    }

    private async Task<TableDescription> DescribeAsync(EngineSession session, TableSource source, CancellationToken cancellationToken)
    {
        var listed = await FileLister.ListAsync(session, source, _options.FileCountMax, cancellationToken).ConfigureAwait(false);
        if (_tables.TryGet(source.Key, out var remembered) && remembered.Files.SequenceEqual(listed))
        {
            return remembered.Description;
        }

        try
        {
            var description = source.Format == TableFormat.Parquet
                ? await ParquetTable.DescribeAsync(session, source, listed, await FootersAsync(session, listed, cancellationToken).ConfigureAwait(false), cancellationToken)
                    .ConfigureAwait(false)
                : source.Format == TableFormat.Arrow ? await ArrowTable.DescribeAsync(session, source, listed, cancellationToken).ConfigureAwait(false)
                : await TextTable.DescribeAsync(session, source, listed, _options, cancellationToken).ConfigureAwait(false);
            _tables.Set(source.Key, new Remembered(listed, description), Math.Max(WeightOf(description), _options.FooterCacheMax / RememberedTables));
            return description;
        }
        catch (EngineException exception) when (exception.Kind is not EngineErrorKind.Interrupted)
        {
            throw TableErrors.ToFlowException(exception);
        }
    }

    private async Task<IReadOnlyList<ParquetFooter>> FootersAsync(EngineSession session, IReadOnlyList<ListedFile> listed, CancellationToken cancellationToken)
    {
        var footers = new ParquetFooter?[listed.Count];
        var missing = new List<int>();
        for (var index = 0; index < footers.Length; index++)
        {
            if (!_footers.TryGet(KeyOf(listed[index]), out footers[index]))
            {
                missing.Add(index);
            }
        }

        var read = await ParquetFooters.ReadAsync(session, [.. missing.Select(index => listed[index].Path).Distinct(StringComparer.Ordinal)], cancellationToken).ConfigureAwait(false);
        var places = missing.Select(index => listed[index].Path).Distinct(StringComparer.Ordinal).Select((path, place) => (path, place))
            .ToDictionary(pair => pair.path, pair => pair.place, StringComparer.Ordinal);
        Interlocked.Add(ref _readFooterCount, read.Count);
        foreach (var index in missing)
        {
            var footer = read[places[listed[index].Path]];
            footers[index] = footer;
            _footers.Set(KeyOf(listed[index]), footer, footer.Weight);
        }

        return footers!;
    }

    private static long WeightOf(TableDescription table) => table.Files.Sum(file => 1 + ((long)file.RowGroups.Count * (1 + file.Columns.Count)));

    private static string KeyOf(ListedFile file) => string.Create(CultureInfo.InvariantCulture, $"{file.Path}\0{file.SizeBytes}\0{file.ModifiedUtc.UtcTicks}");

    private async Task<T> WithSessionAsync<T>(Func<EngineSession, Task<T>> work, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // A session costs more to open than most questions to answer.
            if (!_idle.TryTake(out var session))
            {
                session = _instance.OpenSession();
            }

            try
            {
                return await work(session).ConfigureAwait(false);
            }
            finally
            {
                _idle.Add(session);
            }
        }
        finally
        {
            _slots.Release();
        }
    }

    private sealed record Divided(TableDescription Table, IReadOnlyList<string> Parts);

    private sealed record Remembered(IReadOnlyList<ListedFile> Files, TableDescription Description);

    private sealed class FileTable(FileTables tables, TableSource source) : ITableSource
    {
        public Task<TableDescription> DescribeAsync(CancellationToken cancellationToken) => tables.DescribeAsync(source, cancellationToken);

        public Task<IReadOnlyList<string>> SplitAsync(TableDescription description, StageScan scan, CancellationToken cancellationToken) =>
            tables.SplitAsync(description, scan, cancellationToken);
    }
}
