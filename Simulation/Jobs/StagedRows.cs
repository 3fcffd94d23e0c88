using System.Globalization;
using System.Text;

namespace OrleansFlow.Simulation.Jobs;

/// <summary>Rows of a partition that a sink has staged, under a name that nobody else gives.</summary>
/// <param name="Name">The name.</param>
/// <param name="Partition">Whose rows.</param>
/// <param name="From">The first one.</param>
/// <param name="Before">One behind the last.</param>
internal sealed record StagedRows(string Name, int Partition, long From, long Before)
{
    /// <summary>What a sink asks to be given back with the commit.</summary>
    public static byte[] Write(IEnumerable<StagedRows> staged) => Encoding.UTF8.GetBytes(string.Join(';', staged));

    public static IReadOnlyList<StagedRows> Read(ReadOnlySpan<byte> data) => data.IsEmpty ? [] : [.. Encoding.UTF8.GetString(data).Split(';').Select(Parse)];

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}:{Partition}:{From}:{Before}");

    private static StagedRows Parse(string text) => text.Split(':') is [var name, var partition, var from, var before]
        ? new StagedRows(name, int.Parse(partition, CultureInfo.InvariantCulture), long.Parse(from, CultureInfo.InvariantCulture), long.Parse(before, CultureInfo.InvariantCulture))
        : throw new FormatException($"'{text}' is no staged rows.");
}
