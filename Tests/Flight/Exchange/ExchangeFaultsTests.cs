using System.Reflection;
using OrleansFlow.Flight.Exchange;

namespace OrleansFlow.Tests.Flight.Exchange;

public sealed class ExchangeFaultsTests
{
    [Fact]
    public void Reasons_AreThoseOfTheDocumentation()
    {
        var reasons = typeof(ExchangeFaults).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.Name != nameof(ExchangeFaults.Domain))
            .Select(field => (string)field.GetRawConstantValue()!);
        var documented = File.ReadLines(RepositoryRoot.Combine("docs", "flight.md"))
            .Where(line => line.StartsWith("| `exchange_", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]);

        Assert.Equal(reasons.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }
}
