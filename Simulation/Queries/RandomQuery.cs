using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Simulation.Queries;

/// <summary>A random plan of stages, its tables, and the rows that are right.</summary>
/// <remarks>What is dealt in turns falls otherwise with each attempt, so that whoever has read older rows must read again.</remarks>
internal sealed class RandomQuery
{
    private const int RowCountMax = 40;

    private readonly SeededRandom _random;
    private readonly List<QueryStage> _stages = [];
    private readonly List<List<QueryRow>> _rows = [];
    private readonly Dictionary<StageScan, IQueryScan> _scans = new(ReferenceEqualityComparer.Instance);

    /// <summary>Draws one.</summary>
    public RandomQuery(SeededRandom random)
    {
        _random = random;
        var top = Part(depth: 0);
        IsOrdered = random.Chance(0.4);
        if (IsOrdered)
        {
            // Sorted where its rows are, so that one task can merge.
            top = Over(QueryWork.Sort, _stages[top].TaskCount, (top, ExchangeKind.Shuffle, false));
        }

        Over(IsOrdered ? QueryWork.Merge : QueryWork.All, 1, (top, IsOrdered ? ExchangeKind.Merge : ExchangeKind.Coalesce, false));
        Plan = new DistributedPlan { Stages = _stages, Names = ["key", "value", "attempt"] };
    }

    public DistributedPlan Plan { get; }

    public IReadOnlyDictionary<StageScan, IQueryScan> Scans => _scans;

    /// <summary>The right rows.</summary>
    public IReadOnlyList<QueryRow> Rows => _rows[^1];

    /// <summary>Whether they come in order.</summary>
    public bool IsOrdered { get; }

    private int Part(int depth) => depth >= 3 || _random.Chance(0.2 * depth) ? Scan() : _random.Next(3) switch
    {
        0 => Over(QueryWork.Group, Tasks(), (Part(depth + 1), ExchangeKind.Shuffle, false)),
        1 => Join(Part(depth + 1), depth),
        _ => Over(QueryWork.Map, Tasks(), (Part(depth + 1), _random.Chance(0.4) ? ExchangeKind.RoundRobin : ExchangeKind.Shuffle, true)),
    };

    /// <summary>A side of a join. Joins of joins would square their rows each time, so a side with many has one row a key.</summary>
    private int Side(int position) => _rows[position].Count <= RowCountMax ? position : Over(QueryWork.Group, Tasks(), (position, ExchangeKind.Shuffle, false));

    private int Join(int left, int depth)
    {
        left = Side(left);
        if (_random.Chance(0.2))
        {
            // Read twice, so it is kept.
            return Over(QueryWork.Join, Tasks(), (left, ExchangeKind.Shuffle, false), (left, ExchangeKind.Shuffle, false));
        }

        var isCopied = _random.Chance(0.3);
        return Over(QueryWork.Join, Tasks(), (left, ExchangeKind.Shuffle, true), (Side(Part(depth + 1)), isCopied ? ExchangeKind.Broadcast : ExchangeKind.Shuffle, !isCopied));
    }

    private int Tasks() => _random.Between(1, 4);

    private int Scan()
    {
        var (seed, rowCount, taskCount) = ((ulong)_random.Next(1_000), _random.Chance(0.1) ? 0 : _random.Between(1, RowCountMax), Tasks());
        var scan = new StageScan("t", "table", [], 0, taskCount);
        _scans[scan] = new TablePart(seed, rowCount, taskCount);
        _stages.Add(new QueryStage { Id = _stages.Count + 1, Sql = QueryWork.Scan, ColumnTypes = ["BIGINT", "BIGINT"], TaskCount = taskCount, Scans = [scan], EstimatedRowCount = rowCount });
        _rows.Add(QueryWork.Table(seed, rowCount));
        return _stages.Count - 1;
    }

    /// <summary>A stage over others, which get their exchanges.</summary>
    private int Over(string work, int taskCount, params (int Position, ExchangeKind Kind, bool IsDivisible)[] inputs)
    {
        var partitionCount = taskCount * _random.Between(1, 2);
        foreach (var shared in inputs.GroupBy(input => input.Position))
        {
            var (position, kind, _) = shared.First();
            _stages[position] = _stages[position] with
            {
                Outputs = [new StageOutput(kind, kind is ExchangeKind.Shuffle or ExchangeKind.RoundRobin ? partitionCount : 1, kind == ExchangeKind.Shuffle ? [0] : [], kind == ExchangeKind.Merge ? [new(0, false, false), new(1, false, false)] : [], shared.Count() > 1 || _random.Chance(0.15))],
            };
        }

        _stages.Add(new QueryStage
        {
            Id = _stages.Count + 1,
            Sql = work,
            ColumnTypes = ["BIGINT", "BIGINT"],
            TaskCount = taskCount,
            Inputs = [.. inputs.Select((input, index) => new StageInput($"i{index}", _stages[input.Position].Id, 0, 0, taskCount) { IsDivisible = input.IsDivisible })],
            EstimatedRowCount = inputs.Sum(input => _stages[input.Position].EstimatedRowCount),
        });
        _rows.Add(QueryWork.Do(work, [.. inputs.Select(input => _rows[input.Position])]));
        return _stages.Count - 1;
    }

    private sealed class TablePart(ulong seed, int rowCount, int partCount) : IQueryScan
    {
        public TaskScan Of(int part, QueryPeer at) => new() { Name = "t", Sql = QueryWork.Text(seed, rowCount, part, partCount) };
    }
}
