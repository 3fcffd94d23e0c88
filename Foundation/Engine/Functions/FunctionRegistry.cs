using System.Globalization;
using OrleansFlow.Engine.Native;
using OrleansFlow.Engine.Scans;

namespace OrleansFlow.Engine.Functions;

/// <summary>
/// The functions of one database. The engine knows functions by database only, and for ever. So a function of one session is registered under a name of
/// ours, once for each signature that is in use at a time, and the session gets a temporary macro that calls it.
/// </summary>
internal sealed class FunctionRegistry(ConnectionHandle conversions, Func<ulong, IScanOwner?> ownerOf)
{
    /// <summary>How names begin that are not the user's.</summary>
    private const string OwnPrefix = "orleansflow_";

    // A macro has a fixed number of parameters, so a variadic function of a session gets one for each number up to this.
    private const int VariadicMax = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Stack<SlotGroup>> _idle = new(StringComparer.Ordinal);
    private int _groupCount;

    /// <summary>Registers functions for all sessions.</summary>
    /// <exception cref="ArgumentException">Names clash, or belong to the product.</exception>
    /// <exception cref="EngineException">The engine refused one.</exception>
    public void RegisterForAll(ConnectionHandle connection, IReadOnlyList<EngineFunction> functions)
    {
        foreach (var overloads in Group(functions))
        {
            overloads[0].Register(connection, overloads[0].Name, [.. overloads.Select(NewSlot)]);
        }
    }

    /// <summary>Registers functions for one session; they hide those of the same names.</summary>
    /// <returns>What <see cref="Return"/> takes back when the session ends.</returns>
    /// <exception cref="ArgumentException">Names clash, or belong to the product.</exception>
    /// <exception cref="EngineException">The engine refused one.</exception>
    public IReadOnlyList<SlotGroup> RegisterForSession(ConnectionHandle connection, IReadOnlyList<EngineFunction> functions)
    {
        var taken = new List<SlotGroup>();
        try
        {
            foreach (var overloads in Group(functions))
            {
                var group = Take(connection, overloads);
                taken.Add(group);
                NativeStatement.ExecuteAll(connection, MacroOf(overloads, group.Name));
            }

            return taken;
        }
        catch
        {
            Return(taken);
            throw;
        }
    }

    /// <summary>Takes the functions of a session back, whose statements are all closed.</summary>
    public void Return(IEnumerable<SlotGroup> groups)
    {
        lock (_gate)
        {
            foreach (var group in groups)
            {
                group.Fill(null);
                if (!_idle.TryGetValue(group.Signature, out var idle))
                {
                    _idle[group.Signature] = idle = new Stack<SlotGroup>();
                }

                idle.Push(group);
            }
        }
    }

    /// <summary>What is said of a function that the engine does not take.</summary>
    internal static EngineException Refused(EngineFunction function) => new(
        $"The engine refused the function '{function.Name}': there may be one of that name and these parameters already.", EngineErrorKind.Catalog);

    private static IEnumerable<IReadOnlyList<EngineFunction>> Group(IReadOnlyList<EngineFunction> functions)
    {
        foreach (var group in functions.GroupBy(function => function.Name, StringComparer.OrdinalIgnoreCase))
        {
            var overloads = group.ToArray();
            if (group.Key.StartsWith(OwnPrefix, StringComparison.OrdinalIgnoreCase))
            {
                throw new ArgumentException($"The function '{group.Key}' has a name that begins with '{OwnPrefix}', which belongs to the product; choose another.");
            }

            if (overloads.Length > 1 && overloads.Any(function => function.Kind != overloads[0].Kind || function.Kind == EngineFunctionKind.Table))
            {
                throw new ArgumentException($"There are {overloads.Length} functions '{group.Key}'; only scalar functions and aggregates may have overloads, of one kind.");
            }

            yield return overloads;
        }
    }

    private FunctionSlot NewSlot(EngineFunction function) => new(function, ownerOf, conversions);

    private SlotGroup Take(ConnectionHandle connection, IReadOnlyList<EngineFunction> overloads)
    {
        var signature = string.Join(" | ", overloads.Select(function => function.Signature));
        string name;
        lock (_gate)
        {
            if (_idle.TryGetValue(signature, out var idle) && idle.TryPop(out var known))
            {
                known.Fill(overloads);
                return known;
            }

            name = string.Create(CultureInfo.InvariantCulture, $"{OwnPrefix}f{_groupCount++}");
        }

        var made = new SlotGroup(name, signature, [.. overloads.Select(NewSlot)]);
        overloads[0].Register(connection, name, made.Slots);
        return made;
    }

    private static string MacroOf(IReadOnlyList<EngineFunction> overloads, string target)
    {
        var name = EngineText.Quote(overloads[0].Name);
        if (overloads[0] is TableFunction table)
        {
            var places = Parameters(table.ParameterCount);
            var named = table.NamedParameters.Select(EngineText.Quote).ToArray();
            return $"CREATE OR REPLACE TEMP MACRO {name}({string.Join(", ", places.Concat(named.Select(parameter => $"{parameter} := NULL")))}) AS TABLE "
                + $"SELECT * FROM {target}({string.Join(", ", places.Concat(named.Select(parameter => $"{parameter} := {parameter}")))})";
        }

        var counts = overloads.SelectMany(function => function.IsVariadic ? Enumerable.Range(1, VariadicMax) : [function.ParameterCount]).Distinct().Order();
        var bodies = counts.Select(count => $"({string.Join(", ", Parameters(count))}) AS {target}({string.Join(", ", Parameters(count))})");
        return $"CREATE OR REPLACE TEMP MACRO {name}{string.Join(", ", bodies)}";
    }

    private static IReadOnlyList<string> Parameters(int count) => [.. Enumerable.Range(0, count).Select(index => string.Create(CultureInfo.InvariantCulture, $"p{index}"))];
}

/// <summary>Overloads that the engine knows under one name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Signature">What may be in the slots.</param>
/// <param name="Slots">One for each overload.</param>
internal sealed record SlotGroup(string Name, string Signature, IReadOnlyList<FunctionSlot> Slots)
{
    /// <summary>Puts functions in, or none.</summary>
    public void Fill(IReadOnlyList<EngineFunction>? functions)
    {
        for (var index = 0; index < Slots.Count; index++)
        {
            Slots[index].Fill(functions?[index]);
        }
    }
}
