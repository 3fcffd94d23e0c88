using System.Globalization;
using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Silo.Docs;

public sealed class ErrorPageTests
{
    [Fact]
    public void ErrorPage_ListsEveryCodeAsTheCodeHasIt()
    {
        var table = Assert.Single(MarkdownTable.ReadAll("errors.md"), table => table.Header[0] == "code");

        Assert.Equal(FlowErrorKind.All.Select(Row), table.Rows.Select(row => string.Join(" | ", row.Take(6))));
        Assert.All(table.Rows, row => Assert.True(row[6].Length > 0, $"{row[0]} does not say what to do."));
    }

    private static string Row(FlowErrorKind kind) => string.Create(
        CultureInfo.InvariantCulture,
        $"`{kind.Wire}` | {Lower(kind.Origin)} | {Lower(kind.Retry)} | {kind.GrpcStatus} | {kind.HttpStatus} | {kind.ExitCode}");

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
