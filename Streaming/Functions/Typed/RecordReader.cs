using System.Linq.Expressions;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.StreamJobs;

namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>Reads rows as records. The code that reads is made once, for the columns of a program. One caller at a time.</summary>
/// <typeparam name="T">The record: its columns are those of <see cref="RecordColumns"/>.</typeparam>
internal sealed class RecordReader<T>
{
    private readonly int[] _places;
    private readonly ArrowArray[] _columns;
    private readonly Func<ArrowArray[], int, T> _read;

    /// <summary>Makes one for rows of a schema.</summary>
    /// <param name="schema">The rows.</param>
    /// <param name="operatorId">Who reads, for messages.</param>
    /// <param name="places">Places of the record's columns, in order; null: they are found by their names, in whatever case.</param>
    /// <exception cref="FlowException">The record cannot be made, or a column is missing or of another type (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public RecordReader(ArrowSchema schema, string operatorId, IReadOnlyList<int>? places = null)
    {
        var columns = RecordColumns.Of(typeof(T));
        if (columns.Problems.Count > 0)
        {
            throw Bad(operatorId, string.Join("; ", columns.Problems));
        }

        if (places is not null && places.Count != columns.Columns.Count)
        {
            throw Bad(operatorId, FormattableString.Invariant($"the key has {places.Count} columns, and {typeof(T).Name} has {columns.Columns.Count}"));
        }

        _places = new int[columns.Columns.Count];
        for (var i = 0; i < _places.Length; i++)
        {
            var column = columns.Columns[i];
            _places[i] = places?[i] ?? schema.Fields.ToList().FindIndex(field => string.Equals(field.Name, column.Name, StringComparison.OrdinalIgnoreCase));
            if (_places[i] < 0)
            {
                throw Bad(operatorId, $"{typeof(T).Name} needs the column '{column.Name}', and the rows are ({schema})");
            }

            var field = schema.Fields[_places[i]];
            if (ColumnCells.TypeOf(column.ClrType) is { } type && !type.Equals(field.Type))
            {
                throw Bad(operatorId, $"column '{field.Name}' is {field.Type.Name}, and {typeof(T).Name} wants {type.Name}; cast it to {column.SqlType}");
            }
        }

        _columns = new ArrowArray[_places.Length];
        _read = Compile(columns, operatorId);
    }

    /// <summary>Takes a batch, whose rows are read from now on.</summary>
    public void Begin(RecordBatch batch)
    {
        for (var i = 0; i < _places.Length; i++)
        {
            _columns[i] = batch.Column(_places[i]);
        }
    }

    /// <summary>A row of the batch.</summary>
    /// <exception cref="FlowException">A value is null that the record says is never (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public T Read(int row) => _read(_columns, row);

    private static FlowException Bad(string operatorId, string problem) => new(FlowErrorCode.BadGraph, $"Operator '{operatorId}': {problem}.");

    private static Func<ArrowArray[], int, T> Compile(RecordColumns columns, string operatorId)
    {
        var (arrays, row) = (Expression.Parameter(typeof(ArrowArray[])), Expression.Parameter(typeof(int)));
        Expression Cell(int place) => CellOf(columns.Columns[place], Expression.ArrayIndex(arrays, Expression.Constant(place)), row);
        if (columns.IsValue)
        {
            return Expression.Lambda<Func<ArrowArray[], int, T>>(Cell(0), arrays, row).Compile();
        }

        var byName = columns.Columns.Select((column, place) => (column.Member!.Name, place)).ToDictionary(one => one.Name, one => one.place, StringComparer.OrdinalIgnoreCase);
        var constructor = typeof(T).GetConstructors()
            .Where(one => one.GetParameters().All(parameter => byName.TryGetValue(parameter.Name!, out var place) && columns.Columns[place].ClrType == parameter.ParameterType))
            .MaxBy(one => one.GetParameters().Length);
        if (constructor is null && !typeof(T).IsValueType)
        {
            throw Bad(operatorId, $"{typeof(T).Name} has no public constructor whose parameters are its properties");
        }

        var given = constructor?.GetParameters().Select(parameter => byName[parameter.Name!]).ToList() ?? [];
        var made = constructor is null ? Expression.New(typeof(T)) : Expression.New(constructor, given.Select(Cell));
        var bindings = Enumerable.Range(0, columns.Columns.Count).Where(place => !given.Contains(place) && columns.Columns[place].Member!.SetMethod is { IsPublic: true })
            .Select(place => Expression.Bind(columns.Columns[place].Member!, Cell(place)));
        return Expression.Lambda<Func<ArrowArray[], int, T>>(Expression.MemberInit(made, bindings), arrays, row).Compile();
    }

    private static MethodCallExpression CellOf(RecordColumn column, Expression array, Expression row)
    {
        var type = Nullable.GetUnderlyingType(column.ClrType) ?? column.ClrType;
        var method = !column.IsNullable ? nameof(ColumnCells.Read) : type.IsValueType ? nameof(ColumnCells.ReadNullable) : nameof(ColumnCells.ReadReference);
        return Expression.Call(typeof(ColumnCells), method, [type], array, row, Expression.Constant(column.Name));
    }
}
