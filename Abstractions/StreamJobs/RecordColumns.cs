using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations.Schema;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.RegularExpressions;

namespace OrleansFlow.StreamJobs;

/// <summary>
/// A class or record as columns: its public properties that can be read, in the order in which they are declared, those of a base class first.
/// <see cref="ColumnAttribute"/> gives another name, or another SQL type by its <c>TypeName</c>; <see cref="NotMappedAttribute"/> leaves one out.
/// A type that is a column by itself, such as <see cref="long"/>, has the one column <c>Value</c>.
/// </summary>
public sealed partial class RecordColumns
{
    /// <summary>Name of the column of a record that is one value.</summary>
    public const string ValueColumn = "Value";

    private static readonly ConcurrentDictionary<Type, RecordColumns> Known = new();

    private readonly Dictionary<string, RecordColumn> _byMember = new(StringComparer.Ordinal);

    private RecordColumns(Type type)
    {
        Type = type;
        var problems = new List<string>();
        if (RecordTypes.TrySqlType(type) is { } single)
        {
            IsValue = true;
            Columns = [new RecordColumn(ValueColumn, single, type, RecordTypes.IsNullable(type), null)];
        }
        else
        {
            Columns = ColumnsOf(type, problems);
        }

        Problems = problems;
    }

    /// <summary>The record.</summary>
    public Type Type { get; }

    /// <summary>Whether the record is one value.</summary>
    public bool IsValue { get; }

    /// <summary>Its columns.</summary>
    public IReadOnlyList<RecordColumn> Columns { get; }

    /// <summary>What keeps it from being columns; none: it is fine.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>The columns of a type; looked at once.</summary>
    public static RecordColumns Of(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Known.GetOrAdd(type, static one => new RecordColumns(one));
    }

    /// <summary>The column of a member.</summary>
    public bool TryFind(string member, [NotNullWhen(true)] out RecordColumn? column) => _byMember.TryGetValue(member, out column);

    private List<RecordColumn> ColumnsOf(Type type, List<string> problems)
    {
        var columns = new List<RecordColumn>();
        var nullability = new NullabilityInfoContext();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanRead && property.GetIndexParameters().Length == 0 && property.GetCustomAttribute<NotMappedAttribute>() is null)
            .OrderBy(property => DepthOf(property.DeclaringType!)).ThenBy(property => property.MetadataToken);
        foreach (var property in properties)
        {
            var written = property.GetCustomAttribute<ColumnAttribute>();
            var name = written?.Name ?? property.Name;
            var isNullable = property.PropertyType.IsValueType ? RecordTypes.IsNullable(property.PropertyType) : nullability.Create(property).ReadState != NullabilityState.NotNull;
            if ((written?.TypeName ?? RecordTypes.TrySqlType(property.PropertyType)) is not { } sqlType)
            {
                problems.Add($"{type.Name}.{property.Name} is of {property.PropertyType.Name}, which is no column; take one of {RecordTypes.Names}, leave it out by [NotMapped], or name a type by [Column(TypeName = ...)].");
                continue;
            }

            if (!TypePattern().IsMatch(sqlType))
            {
                problems.Add($"{type.Name}.{property.Name} is of the SQL type '{sqlType}' by [Column(TypeName = ...)]; types are letters, digits, spaces and '_', with numbers in brackets, such as DECIMAL(18, 2) or TEXT[].");
                continue;
            }

            if (name.StartsWith('_') || name.Length > 256 || name.Any(char.IsControl) || !names.Add(name))
            {
                problems.Add($"{type.Name}.{property.Name} is the column '{name}': names are 1 to 256 characters, begin with no underscore, and differ by more than case.");
            }

            var column = new RecordColumn(name, sqlType, property.PropertyType, isNullable, property);
            columns.Add(column);
            _byMember[property.Name] = column;
        }

        if (columns.Count == 0 && problems.Count == 0)
        {
            problems.Add($"{type.Name} has no public property that could be a column.");
        }

        return columns;
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_ ]{0,127}(\([0-9]{1,9}( ?, ?[0-9]{1,9})?\))?(\[\]){0,3}\z")]
    private static partial Regex TypePattern();

    private static int DepthOf(Type type) => type.BaseType is { } parent ? 1 + DepthOf(parent) : 0;
}
