using System.Reflection;

namespace OrleansFlow.Arrow;

/// <summary>Rows as .NET objects, for people and tests; programs that care for speed use the columns' spans.</summary>
public static class RecordBatchRows
{
    /// <summary>
    /// Maps each row to a record: every parameter of the constructor gets the column of its name. Names match exactly, else without
    /// regard to case and underscores (<c>order_id</c> is <c>OrderId</c>). Columns without a parameter are left out.
    /// </summary>
    /// <typeparam name="T">A class or record with one public constructor; nested records take structs.</typeparam>
    /// <param name="batch">The rows; it must stay alive while they are read.</param>
    /// <returns>The rows, made one by one as they are asked for.</returns>
    /// <exception cref="ArgumentException">A parameter has no column or more than one, or its type cannot hold the column's values.</exception>
    /// <exception cref="InvalidCastException">While reading: a null for a parameter that cannot be null, or a value that does not fit.</exception>
    public static IEnumerable<T> Rows<T>(this RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var fields = batch.Schema.Fields;
        var read = RowReader.Create(typeof(T), "the batch", fields, batch.Column);
        return Read<T>(batch, read);
    }

    private static IEnumerable<T> Read<T>(RecordBatch batch, Func<int, object> read)
    {
        for (var row = 0; row < batch.RowCount; row++)
        {
            yield return (T)read(row);
        }
    }
}

/// <summary>Calls the constructor of a record with values of columns.</summary>
internal static class RowReader
{
    public static Func<int, object> Create(Type target, string source, IReadOnlyList<ArrowField> fields, Func<int, ArrowArray> column)
    {
        // A record also has a protected or public constructor that copies it, which takes the record itself.
        var constructors = target.GetConstructors().Where(candidate => candidate.GetParameters() is not [var only] || only.ParameterType != target).ToArray();
        if (constructors is not [var constructor] || target.IsAbstract)
        {
            throw new ArgumentException($"{target.Name} has {constructors.Length} public constructors; rows are mapped to types that have exactly one and are not abstract.");
        }

        var parameters = constructor.GetParameters();
        var nullability = new NullabilityInfoContext();
        var readers = new Func<int, object?>[parameters.Length];
        for (var i = 0; i < readers.Length; i++)
        {
            var place = Find(parameters[i].Name ?? "", fields, target, source);
            var where = $"'{fields[place].Name}' of {source}";
            var mayBeNull = !parameters[i].ParameterType.IsValueType
                ? nullability.Create(parameters[i]).WriteState != NullabilityState.NotNull
                : Nullable.GetUnderlyingType(parameters[i].ParameterType) is not null;
            readers[i] = ValueReader.Create(column(place), fields[place], parameters[i].ParameterType, mayBeNull, where);
        }

        var invoker = ConstructorInvoker.Create(constructor);
        return row =>
        {
            var values = new object?[readers.Length];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = readers[i](row);
            }

            return invoker.Invoke(values.AsSpan());
        };
    }

    private static int Find(string name, IReadOnlyList<ArrowField> fields, Type target, string source)
    {
        foreach (var same in (ReadOnlySpan<Func<string, bool>>)[field => field == name, field => Plain(field) == Plain(name)])
        {
            var found = Enumerable.Range(0, fields.Count).Where(i => same(fields[i].Name)).ToArray();
            if (found.Length > 1)
            {
                throw new ArgumentException($"'{name}' of {target.Name} fits {found.Length} columns of {source}: {string.Join(", ", found.Select(i => fields[i].Name))}; rename one.");
            }

            if (found.Length == 1)
            {
                return found[0];
            }
        }

        throw new ArgumentException($"'{name}' of {target.Name} has no column in {source}; there are: {string.Join(", ", fields)}.");
    }

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
}
