using System.Text.Json;

namespace Nearfar.Evaluation.Geometry;

/// <summary>The parts of <c>report.json</c> that hold estimates. A part that is absent is not written, so that reports of earlier versions keep their bytes.</summary>
internal static class GeometryJson
{
    public static void Write(Utf8JsonWriter json, SpaceGeometry? geometry)
    {
        if (geometry is null)
        {
            return;
        }

        json.WriteStartObject("geometry");
        json.WriteNumber("sample", geometry.Sample);
        json.WriteNumber("seed", geometry.Seed);
        json.WriteNumber("hub_depth", geometry.HubDepth);
        WriteEstimates(json, "measures", geometry.Measures);
        JsonFiles.WriteList(json, "hubs", geometry.Hubs, hub =>
        {
            json.WriteStartObject();
            json.WriteString("id", hub.Id);
            json.WriteNumber("count", hub.Count);
            json.WriteEndObject();
        });
        json.WriteEndObject();
    }

    public static SpaceGeometry Read(StrictJson json) => new()
    {
        Sample = json.Only("sample", "seed", "hub_depth", "measures", "hubs")["sample"].Whole(),
        Seed = json["seed"].Unsigned(),
        HubDepth = json["hub_depth"].Whole(1),
        Measures = json["measures"].Map(ReadEstimate),
        Hubs = json["hubs"].List(h => new Hub(h.Only("id", "count")["id"].Text(), h["count"].Whole(1))),
    };

    public static void WriteQuantiles(Utf8JsonWriter json, IReadOnlyDictionary<string, IReadOnlyDictionary<string, Estimate>>? quantiles)
    {
        if (quantiles is not null)
        {
            JsonFiles.WriteMap(json, "quantiles", quantiles, (metric, values) => WriteEstimates(json, metric, values));
        }
    }

    public static Dictionary<string, IReadOnlyDictionary<string, Estimate>> ReadQuantiles(StrictJson json) =>
        json.Map<IReadOnlyDictionary<string, Estimate>>(metric => metric.Map(ReadEstimate));

    private static void WriteEstimates(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, Estimate> estimates) => JsonFiles.WriteMap(json, name, estimates, (measure, estimate) =>
    {
        json.WriteStartObject(measure);
        json.WriteNumber("n", estimate.N);
        json.WriteNumber("value", estimate.Value);
        JsonFiles.WriteNumber(json, "low", estimate.Low);
        JsonFiles.WriteNumber(json, "high", estimate.High);
        json.WriteEndObject();
    });

    private static Estimate ReadEstimate(StrictJson json) =>
        new(json.Only("n", "value", "low", "high")["n"].Whole(1), json["value"].Number(), json["low"].NumberOrNull(), json["high"].NumberOrNull());
}
