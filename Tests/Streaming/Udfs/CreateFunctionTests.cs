using System.Security.Cryptography;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.Udfs;

/// <summary>Goal: what CREATE FUNCTION says is what the program lists, and what it cannot say is told. Method: texts are planned and not run.</summary>
public sealed class CreateFunctionTests
{
    private const string Table = "CREATE TABLE i WITH (connector = 'impulse', event_rate = '1'); ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Program_ListsNameLanguageVersionHashAndSignature()
    {
        var program = await PlanAsync("create function Plus(a bigint, \"b\" decimal(10, 2) null, c text not null) returns double precision language CSharp version 'v 2' entry 'A.B' on error null as 'source'; SELECT plus(counter, 1, 'x') AS x FROM i");

        var hash = SHA256.HashData("source"u8);
        var function = Assert.Single(program.Functions);
        Assert.Equal(("Plus", "csharp", "v 2", "A.B", "double precision", true), (function.Name, function.Language, function.Version, function.Entry, function.ResultType, function.GivesNullOnError));
        Assert.Equal(hash, function.ContentHash.ToByteArray());
        Assert.Equal("source", function.Content.ToStringUtf8());
        Assert.Equal([("a", "bigint", false), ("b", "decimal(10, 2)", true), ("c", "text", false)], function.Parameters.Select(one => (one.Name, one.Type, one.IsNullable)));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ObjectOfAStore_IsListedWithItsPlaceAndHash()
    {
        var hash = Convert.ToHexString(SHA256.HashData("x"u8));
        var function = Assert.Single((await PlanAsync($"CREATE FUNCTION f(a BIGINT) RETURNS BIGINT LANGUAGE python FROM 's3://bucket/f.py' HASH '{hash}'; SELECT f(counter) FROM i")).Functions);

        Assert.Equal(("s3://bucket/f.py", hash, 0), (function.ContentUrl, Convert.ToHexString(function.ContentHash.Span), function.Content.Length));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ChangedFunction_IsAChangedProgram()
    {
        static string Text(string body) => $"CREATE FUNCTION f(a BIGINT) RETURNS BIGINT LANGUAGE python AS '{body}'; SELECT f(counter) FROM i";
        var (first, same, other) = (await PlanAsync(Text("1")), await PlanAsync(Text("1")), await PlanAsync(Text("2")));

        Assert.Equal(StateCompatibility.HashOf(first), StateCompatibility.HashOf(same));
        Assert.NotEqual(StateCompatibility.HashOf(first), StateCompatibility.HashOf(other));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE java AS ''", FlowErrorCode.BadFunction, "Function 'f' (java): there is no such language; use csharp, assembly, python.")]
    [InlineData("CREATE FUNCTION f() RETURNS INT LANGUAGE python AS ''", FlowErrorCode.BadFunction, "Function 'f' (python): it has 0 parameters; 1 to 64 are possible.")]
    [InlineData("CREATE FUNCTION f(a HUGEINT) RETURNS INT LANGUAGE python AS ''", FlowErrorCode.BadFunction, "Function 'f': 'HUGEINT' is no type that functions take or give.")]
    [InlineData("CREATE FUNCTION f(a INT) RETURNS INT[] LANGUAGE python AS ''", FlowErrorCode.BadFunction, "Function 'f': 'INT[]' is no type")]
    [InlineData("CREATE FUNCTION f(a DECIMAL(39, 2)) RETURNS INT LANGUAGE python AS ''", FlowErrorCode.BadFunction, "Function 'f': 'DECIMAL(39, 2)' is no type")]
    [InlineData("CREATE FUNCTION f(a DECIMAL(9, 2)) RETURNS DECIMAL(9, 3) LANGUAGE python AS ''", FlowErrorCode.BadFunction, "Function 'f' (python): its decimals have 2 and 3 digits behind the point; give all of them the same number.")]
    [InlineData("CREATE FUNCTION \"f-g\"(a INT) RETURNS INT LANGUAGE python AS ''", FlowErrorCode.BadFunction, "Function 'f-g': a name has 1 to 64 letters")]
    [InlineData("CREATE FUNCTION abs(a BIGINT) RETURNS BIGINT LANGUAGE python AS ''", FlowErrorCode.BadFunction, "SQL has functions of these names already: abs. Choose others for those of the text.")]
    [InlineData("CREATE FUNCTION Tumble(a BIGINT) RETURNS BIGINT LANGUAGE python AS ''", FlowErrorCode.BadFunction, "SQL has functions of these names already: tumble.")]
    [InlineData("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python AS ''; CREATE FUNCTION F(a INT) RETURNS INT LANGUAGE python AS ''", FlowErrorCode.BadInput, "There is a function 'F' already")]
    [InlineData("CREATE FUNCTION f(a INT, A INT) RETURNS INT LANGUAGE python AS ''", FlowErrorCode.BadInput, "Line 1, column 89: There is a parameter 'A' already.")]
    [InlineData("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python", FlowErrorCode.BadInput, "AS $$...$$, or FROM and a file, is wanted here")]
    [InlineData("CREATE FUNCTION f(a INT) RETURNS INT AS ''", FlowErrorCode.BadInput, "LANGUAGE csharp, assembly or python is wanted here")]
    [InlineData("CREATE FUNCTION f(a INT) LANGUAGE python AS ''", FlowErrorCode.BadInput, "RETURNS and a type is wanted here")]
    [InlineData("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python AS '' FROM 'x'", FlowErrorCode.BadInput, "twice, or both AS and FROM")]
    [InlineData("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python ON ERROR STOP AS ''", FlowErrorCode.BadInput, "NULL or FAIL is wanted here, and not 'STOP'.")]
    [InlineData("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python AS '' HASH '12'", FlowErrorCode.BadFunction, "Function 'f' (python): HASH '12' is no SHA-256; it has 64 hexadecimal digits.")]
    [InlineData("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python FROM 's3://b/x'", FlowErrorCode.BadFunction, "Function 'f' (python): FROM 's3://b/x' needs HASH")]
    [InlineData("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python AS 'x' HASH '0000000000000000000000000000000000000000000000000000000000000000'", FlowErrorCode.BadFunction, "and HASH says 0000")]
    public async Task WhatIsWrong_IsTold(string declaration, FlowErrorCode code, string words)
    {
        var wrong = await Assert.ThrowsAsync<FlowException>(() => PlanAsync(declaration + "; SELECT counter FROM i"));

        Assert.Equal(code, wrong.Code);
        Assert.Contains(words, wrong.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CallWithOtherTypes_IsToldByTheEngine()
    {
        var wrong = await Assert.ThrowsAsync<FlowException>(() => PlanAsync("CREATE FUNCTION f(a DATE) RETURNS INT LANGUAGE python AS ''; SELECT f(counter) FROM i"));

        Assert.Equal(FlowErrorCode.BadInput, wrong.Code);
        Assert.Contains("f(DATE) -> INTEGER", wrong.Message, StringComparison.Ordinal);
    }

    private static Task<Program> PlanAsync(string text) => StreamPlanner.PlanAsync(Table + text, new StreamPlanOptions(), Token);
}
