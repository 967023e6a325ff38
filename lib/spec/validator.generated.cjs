// Generated from schemas/pipeline.schema.json by scripts/generate-types.ts. Do not edit.
"use strict";
module.exports = validate20;
module.exports.default = validate20;
const schema31 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"pipeline.schema.json","type":"object","additionalProperties":false,"required":["version","name","data","teacher","students"],"properties":{"version":{"const":1,"x-change":"new-run"},"name":{"type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$","maxLength":60,"x-allowed":"text of 1 to 60 small letters, digits and single hyphens, such as \"my-images-2\"","x-change":"live"},"seed":{"type":"integer","minimum":0,"maximum":4294967295,"x-change":"new-run","default":1},"data":{"$ref":"#/$defs/data"},"teacher":{"$ref":"#/$defs/teacher"},"students":{"type":"array","minItems":1,"maxItems":8,"items":{"$ref":"#/$defs/student"},"x-change":"label"},"baseline":{"enum":["same-compute","none"],"x-change":"train","default":"same-compute"},"noise":{"$ref":"#/$defs/noise"},"training":{"$ref":"#/$defs/training"},"resolution":{"$ref":"#/$defs/resolutionOrNone"},"labelling":{"$ref":"#/$defs/labelling"},"selection":{"$ref":"#/$defs/selection"}},"$defs":{"data":{"type":"object","additionalProperties":false,"required":["image","labelled","validation","unlabelled","test"],"properties":{"image":{"$ref":"#/$defs/image"},"labelled":{"$ref":"#/$defs/source","x-change":"new-run"},"validation":{"$ref":"#/$defs/source","x-change":"new-run"},"unlabelled":{"$ref":"#/$defs/source","x-change":"new-run"},"test":{"$ref":"#/$defs/source","x-change":"new-run"},"corruptShare":{"x-unit":"share of the files","type":"number","minimum":0,"maximum":1,"x-change":"prepare","default":0.01}}},"image":{"type":"object","additionalProperties":false,"required":["size"],"properties":{"size":{"x-unit":"pixels","type":"integer","minimum":8,"maximum":1024},"channels":{"enum":[1,3],"default":3},"mean":{"x-unit":"share of full brightness, one number per channel","type":["array","null"],"minItems":1,"maxItems":3,"items":{"type":"number","minimum":0,"maximum":1},"default":null},"std":{"x-unit":"share of full brightness, one number per channel","type":["array","null"],"minItems":1,"maxItems":3,"items":{"type":"number","exclusiveMinimum":0,"maximum":1},"default":null}},"x-change":"prepare"},"source":{"type":"object","additionalProperties":false,"required":["format","path"],"properties":{"format":{"enum":["idx","folder"]},"path":{"type":"string","minLength":1,"maxLength":300,"x-allowed":"a path of 1 to 300 characters"},"perClass":{"x-unit":"images","type":["integer","null"],"minimum":1,"maximum":1000000000,"default":null}}},"teacher":{"type":"object","additionalProperties":false,"properties":{"model":{"$ref":"#/$defs/model","x-absent":"the model of the weights","x-change":"train"},"weights":{"$ref":"#/$defs/weights","x-change":"import"},"freeze":{"$ref":"#/$defs/freeze","x-change":"train","default":[]},"noise":{"$ref":"#/$defs/noise"},"training":{"$ref":"#/$defs/training"},"resolution":{"$ref":"#/$defs/resolutionOrNone"}}},"student":{"type":"object","additionalProperties":false,"required":["model"],"properties":{"model":{"$ref":"#/$defs/model","x-change":"train"},"allowSmaller":{"type":"boolean","x-change":"live","default":false},"noise":{"$ref":"#/$defs/noise"},"training":{"$ref":"#/$defs/training"},"resolution":{"$ref":"#/$defs/resolutionOrNone"},"labelling":{"$ref":"#/$defs/labelling"},"selection":{"$ref":"#/$defs/selection"}}},"model":{"type":"string","minLength":1,"maxLength":100,"x-allowed":"the name of a model, such as efficientnet_b0"},"weights":{"type":"string","minLength":1,"maxLength":300,"x-allowed":"the name of weights, such as hf-hub:timm/tf_efficientnet_b0.ns_jft_in1k, local-dir:PATH or run:ID","x-absent":"a fresh network"},"freeze":{"oneOf":[{"$ref":"#/$defs/layerGroups"},{"$ref":"#/$defs/frozenGroups"}]},"layerGroups":{"type":"array","items":{"$ref":"#/$defs/layerGroup"},"maxItems":20,"uniqueItems":true,"default":[],"x-allowed":"a list of different layer groups, such as [stem, blocks.0]"},"layerGroup":{"type":"string","minLength":1,"maxLength":20,"x-allowed":"the name of a layer group, such as stem, blocks.0 or head"},"frozenGroups":{"type":"object","additionalProperties":false,"required":["groups"],"properties":{"groups":{"$ref":"#/$defs/layerGroups"},"norms":{"enum":["frozen","updated"],"default":"frozen"}}},"noise":{"type":"object","additionalProperties":false,"properties":{"randAugment":{"oneOf":[{"const":"none"},{"$ref":"#/$defs/randAugment"}],"default":{}},"crop":{"oneOf":[{"const":"none"},{"$ref":"#/$defs/crop"}],"default":{}},"flip":{"enum":["none","horizontal"],"default":"horizontal"},"dropout":{"x-unit":"share of the features","type":"number","minimum":0,"exclusiveMaximum":1,"default":0.1},"survival":{"x-unit":"probability","type":"number","exclusiveMinimum":0,"maximum":1,"default":0.9}},"x-change":"train","default":{}},"randAugment":{"type":"object","additionalProperties":false,"properties":{"dialect":{"enum":["timm"],"default":"timm"},"ops":{"x-unit":"operations","type":"integer","minimum":1,"maximum":10,"default":1},"magnitude":{"type":"number","minimum":0,"maximum":10,"default":4},"spread":{"oneOf":[{"enum":["none","uniform"]},{"type":"number","exclusiveMinimum":0,"maximum":10}],"default":"uniform"},"probability":{"x-unit":"probability","type":"number","exclusiveMinimum":0,"maximum":1,"default":1},"increasing":{"type":"boolean","default":true},"transforms":{"oneOf":[{"const":"all"},{"type":"array","items":{"$ref":"#/$defs/transform"},"minItems":1,"uniqueItems":true}],"default":"all","x-allowed":"all or a list of different transforms, such as [Rotate, ShearX, ShearY]"}}},"crop":{"type":"object","additionalProperties":false,"properties":{"pad":{"x-unit":"pixels","type":"integer","minimum":1,"maximum":512,"default":1}}},"training":{"type":"object","additionalProperties":false,"properties":{"steps":{"x-unit":"steps","type":"integer","minimum":1,"maximum":100000000,"default":600},"batch":{"x-unit":"images","type":"integer","minimum":1,"maximum":65536,"default":32},"unlabelledRatio":{"x-unit":"images per labelled image","type":"number","minimum":0,"maximum":100,"default":4},"unlabelledWeight":{"type":"number","exclusiveMinimum":0,"maximum":100,"default":1},"optimiser":{"$ref":"#/$defs/optimiser"},"schedule":{"$ref":"#/$defs/schedule"},"ema":{"x-unit":"share kept per step","type":"number","minimum":0,"exclusiveMaximum":1,"default":0.99},"labelSmoothing":{"x-unit":"probability","type":"number","minimum":0,"exclusiveMaximum":1,"default":0},"checkpointEvery":{"x-unit":"steps","type":"integer","minimum":1,"maximum":100000000,"x-change":"live","default":100},"logEvery":{"x-unit":"steps","type":"integer","minimum":1,"maximum":100000000,"x-change":"live","default":10}},"x-change":"train","default":{}},"optimiser":{"type":"object","required":["name"],"discriminator":{"propertyName":"name"},"oneOf":[{"$ref":"#/$defs/adamw"},{"$ref":"#/$defs/rmsprop"}],"default":{"name":"adamw"}},"adamw":{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"const":"adamw"},"beta1":{"x-unit":"share kept per step","type":"number","minimum":0,"exclusiveMaximum":1,"default":0.9},"beta2":{"x-unit":"share kept per step","type":"number","minimum":0,"exclusiveMaximum":1,"default":0.999},"epsilon":{"type":"number","exclusiveMinimum":0,"maximum":1,"default":1e-7},"weightDecay":{"type":"number","minimum":0,"maximum":10,"default":0.01}}},"rmsprop":{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"const":"rmsprop"},"decay":{"x-unit":"share kept per step","type":"number","minimum":0,"exclusiveMaximum":1,"default":0.9},"momentum":{"x-unit":"share kept per step","type":"number","minimum":0,"exclusiveMaximum":1,"default":0.9},"epsilon":{"type":"number","exclusiveMinimum":0,"maximum":1,"default":0.001},"weightDecay":{"type":"number","minimum":0,"maximum":10,"default":0.00001}}},"schedule":{"type":"object","required":["name"],"discriminator":{"propertyName":"name"},"oneOf":[{"$ref":"#/$defs/cosine"},{"$ref":"#/$defs/exponential"}],"default":{"name":"cosine"}},"cosine":{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"const":"cosine"},"rate":{"$ref":"#/$defs/rate"},"warmupSteps":{"$ref":"#/$defs/warmupSteps"}}},"exponential":{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"const":"exponential"},"rate":{"$ref":"#/$defs/rate"},"warmupSteps":{"$ref":"#/$defs/warmupSteps"},"decay":{"type":"number","exclusiveMinimum":0,"maximum":1,"default":0.97},"everySteps":{"x-unit":"steps","type":"integer","minimum":1,"maximum":100000000,"default":4}}},"rate":{"type":"number","exclusiveMinimum":0,"maximum":10,"default":0.015},"warmupSteps":{"x-unit":"steps","type":"integer","minimum":0,"maximum":100000000,"default":50},"resolutionOrNone":{"oneOf":[{"const":"none"},{"$ref":"#/$defs/resolution"}],"x-change":"fine-tune","default":"none"},"resolution":{"type":"object","additionalProperties":false,"properties":{"size":{"x-unit":"pixels","type":"integer","minimum":9,"maximum":2048,"x-absent":"the size of the pipeline's own block"},"epochs":{"x-unit":"passes","type":"number","exclusiveMinimum":0,"maximum":1000,"default":1.5},"rateFactor":{"x-unit":"share of the rate","type":"number","exclusiveMinimum":0,"maximum":10,"default":0.012},"freeze":{"$ref":"#/$defs/freeze","default":["stem","blocks.0","blocks.1"]}}},"labelling":{"type":"object","additionalProperties":false,"properties":{"labels":{"enum":["soft","hard"],"default":"soft"},"temperature":{"type":"number","exclusiveMinimum":0,"maximum":100,"default":1},"batch":{"x-unit":"images","oneOf":[{"enum":["auto"]},{"type":"integer","minimum":1,"maximum":65536}],"default":"auto"},"shard":{"x-unit":"images","type":"integer","minimum":1,"maximum":1000000,"default":4096}},"x-change":"label","default":{}},"selection":{"type":"object","additionalProperties":false,"properties":{"confidence":{"x-unit":"probability","type":"number","minimum":0,"maximum":1,"default":0.5},"perClass":{"x-unit":"rows","type":["integer","null"],"minimum":1,"maximum":1000000000,"default":null},"balance":{"enum":["duplicate","thin","none"],"default":"duplicate"}},"x-change":"select","default":{}},"transform":{"enum":["AutoContrast","Equalize","Invert","Rotate","Posterize","Solarize","SolarizeAdd","Color","Contrast","Brightness","Sharpness","ShearX","ShearY","TranslateXRel","TranslateYRel"]}}};
const schema64 = {"type":"object","additionalProperties":false,"properties":{"labels":{"enum":["soft","hard"],"default":"soft"},"temperature":{"type":"number","exclusiveMinimum":0,"maximum":100,"default":1},"batch":{"x-unit":"images","oneOf":[{"enum":["auto"]},{"type":"integer","minimum":1,"maximum":65536}],"default":"auto"},"shard":{"x-unit":"images","type":"integer","minimum":1,"maximum":1000000,"default":4096}},"x-change":"label","default":{}};
const schema65 = {"type":"object","additionalProperties":false,"properties":{"confidence":{"x-unit":"probability","type":"number","minimum":0,"maximum":1,"default":0.5},"perClass":{"x-unit":"rows","type":["integer","null"],"minimum":1,"maximum":1000000000,"default":null},"balance":{"enum":["duplicate","thin","none"],"default":"duplicate"}},"x-change":"select","default":{}};
const func1 = Object.prototype.hasOwnProperty;
const func2 = require("ajv/dist/runtime/ucs2length").default;
const pattern4 = new RegExp("^[a-z0-9]+(-[a-z0-9]+)*$", "u");
const schema32 = {"type":"object","additionalProperties":false,"required":["image","labelled","validation","unlabelled","test"],"properties":{"image":{"$ref":"#/$defs/image"},"labelled":{"$ref":"#/$defs/source","x-change":"new-run"},"validation":{"$ref":"#/$defs/source","x-change":"new-run"},"unlabelled":{"$ref":"#/$defs/source","x-change":"new-run"},"test":{"$ref":"#/$defs/source","x-change":"new-run"},"corruptShare":{"x-unit":"share of the files","type":"number","minimum":0,"maximum":1,"x-change":"prepare","default":0.01}}};
const schema33 = {"type":"object","additionalProperties":false,"required":["size"],"properties":{"size":{"x-unit":"pixels","type":"integer","minimum":8,"maximum":1024},"channels":{"enum":[1,3],"default":3},"mean":{"x-unit":"share of full brightness, one number per channel","type":["array","null"],"minItems":1,"maxItems":3,"items":{"type":"number","minimum":0,"maximum":1},"default":null},"std":{"x-unit":"share of full brightness, one number per channel","type":["array","null"],"minItems":1,"maxItems":3,"items":{"type":"number","exclusiveMinimum":0,"maximum":1},"default":null}},"x-change":"prepare"};
const schema34 = {"type":"object","additionalProperties":false,"required":["format","path"],"properties":{"format":{"enum":["idx","folder"]},"path":{"type":"string","minLength":1,"maxLength":300,"x-allowed":"a path of 1 to 300 characters"},"perClass":{"x-unit":"images","type":["integer","null"],"minimum":1,"maximum":1000000000,"default":null}}};

function validate21(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate21.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.image === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "image"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.labelled === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "labelled"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data.validation === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "validation"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(data.unlabelled === undefined){
const err3 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "unlabelled"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data.test === undefined){
const err4 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "test"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
for(const key0 in data){
if(!((((((key0 === "image") || (key0 === "labelled")) || (key0 === "validation")) || (key0 === "unlabelled")) || (key0 === "test")) || (key0 === "corruptShare"))){
const err5 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.image !== undefined){
let data0 = data.image;
if(data0 && typeof data0 == "object" && !Array.isArray(data0)){
if(data0.size === undefined){
const err6 = {instancePath:instancePath+"/image",schemaPath:"#/$defs/image/required",keyword:"required",params:{missingProperty: "size"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
for(const key1 in data0){
if(!((((key1 === "size") || (key1 === "channels")) || (key1 === "mean")) || (key1 === "std"))){
const err7 = {instancePath:instancePath+"/image",schemaPath:"#/$defs/image/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data0.size !== undefined){
let data1 = data0.size;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err8 = {instancePath:instancePath+"/image/size",schemaPath:"#/$defs/image/properties/size/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 1024 || isNaN(data1)){
const err9 = {instancePath:instancePath+"/image/size",schemaPath:"#/$defs/image/properties/size/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1024}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if(data1 < 8 || isNaN(data1)){
const err10 = {instancePath:instancePath+"/image/size",schemaPath:"#/$defs/image/properties/size/minimum",keyword:"minimum",params:{comparison: ">=", limit: 8}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
}
if(data0.channels !== undefined){
let data2 = data0.channels;
if(!((data2 === 1) || (data2 === 3))){
const err11 = {instancePath:instancePath+"/image/channels",schemaPath:"#/$defs/image/properties/channels/enum",keyword:"enum",params:{allowedValues: schema33.properties.channels.enum}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data0.mean !== undefined){
let data3 = data0.mean;
if((!(Array.isArray(data3))) && (data3 !== null)){
const err12 = {instancePath:instancePath+"/image/mean",schemaPath:"#/$defs/image/properties/mean/type",keyword:"type",params:{type: schema33.properties.mean.type}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if(Array.isArray(data3)){
if(data3.length > 3){
const err13 = {instancePath:instancePath+"/image/mean",schemaPath:"#/$defs/image/properties/mean/maxItems",keyword:"maxItems",params:{limit: 3}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data3.length < 1){
const err14 = {instancePath:instancePath+"/image/mean",schemaPath:"#/$defs/image/properties/mean/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
const len0 = data3.length;
for(let i0=0; i0<len0; i0++){
let data4 = data3[i0];
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 1 || isNaN(data4)){
const err15 = {instancePath:instancePath+"/image/mean/" + i0,schemaPath:"#/$defs/image/properties/mean/items/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
if(data4 < 0 || isNaN(data4)){
const err16 = {instancePath:instancePath+"/image/mean/" + i0,schemaPath:"#/$defs/image/properties/mean/items/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
else {
const err17 = {instancePath:instancePath+"/image/mean/" + i0,schemaPath:"#/$defs/image/properties/mean/items/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
}
}
if(data0.std !== undefined){
let data5 = data0.std;
if((!(Array.isArray(data5))) && (data5 !== null)){
const err18 = {instancePath:instancePath+"/image/std",schemaPath:"#/$defs/image/properties/std/type",keyword:"type",params:{type: schema33.properties.std.type}};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
if(Array.isArray(data5)){
if(data5.length > 3){
const err19 = {instancePath:instancePath+"/image/std",schemaPath:"#/$defs/image/properties/std/maxItems",keyword:"maxItems",params:{limit: 3}};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
if(data5.length < 1){
const err20 = {instancePath:instancePath+"/image/std",schemaPath:"#/$defs/image/properties/std/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
const len1 = data5.length;
for(let i1=0; i1<len1; i1++){
let data6 = data5[i1];
if((typeof data6 == "number") && (isFinite(data6))){
if(data6 > 1 || isNaN(data6)){
const err21 = {instancePath:instancePath+"/image/std/" + i1,schemaPath:"#/$defs/image/properties/std/items/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1}};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
if(data6 <= 0 || isNaN(data6)){
const err22 = {instancePath:instancePath+"/image/std/" + i1,schemaPath:"#/$defs/image/properties/std/items/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
else {
const err23 = {instancePath:instancePath+"/image/std/" + i1,schemaPath:"#/$defs/image/properties/std/items/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
}
}
}
else {
const err24 = {instancePath:instancePath+"/image",schemaPath:"#/$defs/image/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
if(data.labelled !== undefined){
let data7 = data.labelled;
if(data7 && typeof data7 == "object" && !Array.isArray(data7)){
if(data7.format === undefined){
const err25 = {instancePath:instancePath+"/labelled",schemaPath:"#/$defs/source/required",keyword:"required",params:{missingProperty: "format"}};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
if(data7.path === undefined){
const err26 = {instancePath:instancePath+"/labelled",schemaPath:"#/$defs/source/required",keyword:"required",params:{missingProperty: "path"}};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
for(const key2 in data7){
if(!(((key2 === "format") || (key2 === "path")) || (key2 === "perClass"))){
const err27 = {instancePath:instancePath+"/labelled",schemaPath:"#/$defs/source/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2}};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
if(data7.format !== undefined){
let data8 = data7.format;
if(!((data8 === "idx") || (data8 === "folder"))){
const err28 = {instancePath:instancePath+"/labelled/format",schemaPath:"#/$defs/source/properties/format/enum",keyword:"enum",params:{allowedValues: schema34.properties.format.enum}};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
if(data7.path !== undefined){
let data9 = data7.path;
if(typeof data9 === "string"){
if(func2(data9) > 300){
const err29 = {instancePath:instancePath+"/labelled/path",schemaPath:"#/$defs/source/properties/path/maxLength",keyword:"maxLength",params:{limit: 300}};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
if(func2(data9) < 1){
const err30 = {instancePath:instancePath+"/labelled/path",schemaPath:"#/$defs/source/properties/path/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
else {
const err31 = {instancePath:instancePath+"/labelled/path",schemaPath:"#/$defs/source/properties/path/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data7.perClass !== undefined){
let data10 = data7.perClass;
if((!(((typeof data10 == "number") && (!(data10 % 1) && !isNaN(data10))) && (isFinite(data10)))) && (data10 !== null)){
const err32 = {instancePath:instancePath+"/labelled/perClass",schemaPath:"#/$defs/source/properties/perClass/type",keyword:"type",params:{type: schema34.properties.perClass.type}};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
if((typeof data10 == "number") && (isFinite(data10))){
if(data10 > 1000000000 || isNaN(data10)){
const err33 = {instancePath:instancePath+"/labelled/perClass",schemaPath:"#/$defs/source/properties/perClass/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000000}};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
if(data10 < 1 || isNaN(data10)){
const err34 = {instancePath:instancePath+"/labelled/perClass",schemaPath:"#/$defs/source/properties/perClass/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
}
}
else {
const err35 = {instancePath:instancePath+"/labelled",schemaPath:"#/$defs/source/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
if(data.validation !== undefined){
let data11 = data.validation;
if(data11 && typeof data11 == "object" && !Array.isArray(data11)){
if(data11.format === undefined){
const err36 = {instancePath:instancePath+"/validation",schemaPath:"#/$defs/source/required",keyword:"required",params:{missingProperty: "format"}};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
if(data11.path === undefined){
const err37 = {instancePath:instancePath+"/validation",schemaPath:"#/$defs/source/required",keyword:"required",params:{missingProperty: "path"}};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
for(const key3 in data11){
if(!(((key3 === "format") || (key3 === "path")) || (key3 === "perClass"))){
const err38 = {instancePath:instancePath+"/validation",schemaPath:"#/$defs/source/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3}};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
if(data11.format !== undefined){
let data12 = data11.format;
if(!((data12 === "idx") || (data12 === "folder"))){
const err39 = {instancePath:instancePath+"/validation/format",schemaPath:"#/$defs/source/properties/format/enum",keyword:"enum",params:{allowedValues: schema34.properties.format.enum}};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
if(data11.path !== undefined){
let data13 = data11.path;
if(typeof data13 === "string"){
if(func2(data13) > 300){
const err40 = {instancePath:instancePath+"/validation/path",schemaPath:"#/$defs/source/properties/path/maxLength",keyword:"maxLength",params:{limit: 300}};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
if(func2(data13) < 1){
const err41 = {instancePath:instancePath+"/validation/path",schemaPath:"#/$defs/source/properties/path/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
else {
const err42 = {instancePath:instancePath+"/validation/path",schemaPath:"#/$defs/source/properties/path/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
if(data11.perClass !== undefined){
let data14 = data11.perClass;
if((!(((typeof data14 == "number") && (!(data14 % 1) && !isNaN(data14))) && (isFinite(data14)))) && (data14 !== null)){
const err43 = {instancePath:instancePath+"/validation/perClass",schemaPath:"#/$defs/source/properties/perClass/type",keyword:"type",params:{type: schema34.properties.perClass.type}};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 1000000000 || isNaN(data14)){
const err44 = {instancePath:instancePath+"/validation/perClass",schemaPath:"#/$defs/source/properties/perClass/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000000}};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
if(data14 < 1 || isNaN(data14)){
const err45 = {instancePath:instancePath+"/validation/perClass",schemaPath:"#/$defs/source/properties/perClass/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
}
}
else {
const err46 = {instancePath:instancePath+"/validation",schemaPath:"#/$defs/source/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
if(data.unlabelled !== undefined){
let data15 = data.unlabelled;
if(data15 && typeof data15 == "object" && !Array.isArray(data15)){
if(data15.format === undefined){
const err47 = {instancePath:instancePath+"/unlabelled",schemaPath:"#/$defs/source/required",keyword:"required",params:{missingProperty: "format"}};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
if(data15.path === undefined){
const err48 = {instancePath:instancePath+"/unlabelled",schemaPath:"#/$defs/source/required",keyword:"required",params:{missingProperty: "path"}};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
for(const key4 in data15){
if(!(((key4 === "format") || (key4 === "path")) || (key4 === "perClass"))){
const err49 = {instancePath:instancePath+"/unlabelled",schemaPath:"#/$defs/source/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4}};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
if(data15.format !== undefined){
let data16 = data15.format;
if(!((data16 === "idx") || (data16 === "folder"))){
const err50 = {instancePath:instancePath+"/unlabelled/format",schemaPath:"#/$defs/source/properties/format/enum",keyword:"enum",params:{allowedValues: schema34.properties.format.enum}};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
if(data15.path !== undefined){
let data17 = data15.path;
if(typeof data17 === "string"){
if(func2(data17) > 300){
const err51 = {instancePath:instancePath+"/unlabelled/path",schemaPath:"#/$defs/source/properties/path/maxLength",keyword:"maxLength",params:{limit: 300}};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
if(func2(data17) < 1){
const err52 = {instancePath:instancePath+"/unlabelled/path",schemaPath:"#/$defs/source/properties/path/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
}
else {
const err53 = {instancePath:instancePath+"/unlabelled/path",schemaPath:"#/$defs/source/properties/path/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
if(data15.perClass !== undefined){
let data18 = data15.perClass;
if((!(((typeof data18 == "number") && (!(data18 % 1) && !isNaN(data18))) && (isFinite(data18)))) && (data18 !== null)){
const err54 = {instancePath:instancePath+"/unlabelled/perClass",schemaPath:"#/$defs/source/properties/perClass/type",keyword:"type",params:{type: schema34.properties.perClass.type}};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 1000000000 || isNaN(data18)){
const err55 = {instancePath:instancePath+"/unlabelled/perClass",schemaPath:"#/$defs/source/properties/perClass/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000000}};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
if(data18 < 1 || isNaN(data18)){
const err56 = {instancePath:instancePath+"/unlabelled/perClass",schemaPath:"#/$defs/source/properties/perClass/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
}
}
}
else {
const err57 = {instancePath:instancePath+"/unlabelled",schemaPath:"#/$defs/source/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
}
if(data.test !== undefined){
let data19 = data.test;
if(data19 && typeof data19 == "object" && !Array.isArray(data19)){
if(data19.format === undefined){
const err58 = {instancePath:instancePath+"/test",schemaPath:"#/$defs/source/required",keyword:"required",params:{missingProperty: "format"}};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
if(data19.path === undefined){
const err59 = {instancePath:instancePath+"/test",schemaPath:"#/$defs/source/required",keyword:"required",params:{missingProperty: "path"}};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
for(const key5 in data19){
if(!(((key5 === "format") || (key5 === "path")) || (key5 === "perClass"))){
const err60 = {instancePath:instancePath+"/test",schemaPath:"#/$defs/source/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5}};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
}
if(data19.format !== undefined){
let data20 = data19.format;
if(!((data20 === "idx") || (data20 === "folder"))){
const err61 = {instancePath:instancePath+"/test/format",schemaPath:"#/$defs/source/properties/format/enum",keyword:"enum",params:{allowedValues: schema34.properties.format.enum}};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
}
if(data19.path !== undefined){
let data21 = data19.path;
if(typeof data21 === "string"){
if(func2(data21) > 300){
const err62 = {instancePath:instancePath+"/test/path",schemaPath:"#/$defs/source/properties/path/maxLength",keyword:"maxLength",params:{limit: 300}};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
if(func2(data21) < 1){
const err63 = {instancePath:instancePath+"/test/path",schemaPath:"#/$defs/source/properties/path/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
}
else {
const err64 = {instancePath:instancePath+"/test/path",schemaPath:"#/$defs/source/properties/path/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
}
if(data19.perClass !== undefined){
let data22 = data19.perClass;
if((!(((typeof data22 == "number") && (!(data22 % 1) && !isNaN(data22))) && (isFinite(data22)))) && (data22 !== null)){
const err65 = {instancePath:instancePath+"/test/perClass",schemaPath:"#/$defs/source/properties/perClass/type",keyword:"type",params:{type: schema34.properties.perClass.type}};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
if((typeof data22 == "number") && (isFinite(data22))){
if(data22 > 1000000000 || isNaN(data22)){
const err66 = {instancePath:instancePath+"/test/perClass",schemaPath:"#/$defs/source/properties/perClass/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000000}};
if(vErrors === null){
vErrors = [err66];
}
else {
vErrors.push(err66);
}
errors++;
}
if(data22 < 1 || isNaN(data22)){
const err67 = {instancePath:instancePath+"/test/perClass",schemaPath:"#/$defs/source/properties/perClass/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err67];
}
else {
vErrors.push(err67);
}
errors++;
}
}
}
}
else {
const err68 = {instancePath:instancePath+"/test",schemaPath:"#/$defs/source/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err68];
}
else {
vErrors.push(err68);
}
errors++;
}
}
if(data.corruptShare !== undefined){
let data23 = data.corruptShare;
if((typeof data23 == "number") && (isFinite(data23))){
if(data23 > 1 || isNaN(data23)){
const err69 = {instancePath:instancePath+"/corruptShare",schemaPath:"#/properties/corruptShare/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1}};
if(vErrors === null){
vErrors = [err69];
}
else {
vErrors.push(err69);
}
errors++;
}
if(data23 < 0 || isNaN(data23)){
const err70 = {instancePath:instancePath+"/corruptShare",schemaPath:"#/properties/corruptShare/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err70];
}
else {
vErrors.push(err70);
}
errors++;
}
}
else {
const err71 = {instancePath:instancePath+"/corruptShare",schemaPath:"#/properties/corruptShare/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err71];
}
else {
vErrors.push(err71);
}
errors++;
}
}
}
else {
const err72 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err72];
}
else {
vErrors.push(err72);
}
errors++;
}
validate21.errors = vErrors;
return errors === 0;
}
validate21.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const schema38 = {"type":"object","additionalProperties":false,"properties":{"model":{"$ref":"#/$defs/model","x-absent":"the model of the weights","x-change":"train"},"weights":{"$ref":"#/$defs/weights","x-change":"import"},"freeze":{"$ref":"#/$defs/freeze","x-change":"train","default":[]},"noise":{"$ref":"#/$defs/noise"},"training":{"$ref":"#/$defs/training"},"resolution":{"$ref":"#/$defs/resolutionOrNone"}}};
const schema39 = {"type":"string","minLength":1,"maxLength":100,"x-allowed":"the name of a model, such as efficientnet_b0"};
const schema40 = {"type":"string","minLength":1,"maxLength":300,"x-allowed":"the name of weights, such as hf-hub:timm/tf_efficientnet_b0.ns_jft_in1k, local-dir:PATH or run:ID","x-absent":"a fresh network"};
const schema41 = {"oneOf":[{"$ref":"#/$defs/layerGroups"},{"$ref":"#/$defs/frozenGroups"}]};
const schema42 = {"type":"array","items":{"$ref":"#/$defs/layerGroup"},"maxItems":20,"uniqueItems":true,"default":[],"x-allowed":"a list of different layer groups, such as [stem, blocks.0]"};
const schema43 = {"type":"string","minLength":1,"maxLength":20,"x-allowed":"the name of a layer group, such as stem, blocks.0 or head"};
const func0 = require("ajv/dist/runtime/equal").default;

function validate25(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate25.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(Array.isArray(data)){
if(data.length > 20){
const err0 = {instancePath,schemaPath:"#/maxItems",keyword:"maxItems",params:{limit: 20}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
let data0 = data[i0];
if(typeof data0 === "string"){
if(func2(data0) > 20){
const err1 = {instancePath:instancePath+"/" + i0,schemaPath:"#/$defs/layerGroup/maxLength",keyword:"maxLength",params:{limit: 20}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(func2(data0) < 1){
const err2 = {instancePath:instancePath+"/" + i0,schemaPath:"#/$defs/layerGroup/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/" + i0,schemaPath:"#/$defs/layerGroup/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
let i1 = data.length;
let j0;
if(i1 > 1){
outer0:
for(;i1--;){
for(j0 = i1; j0--;){
if(func0(data[i1], data[j0])){
const err4 = {instancePath,schemaPath:"#/uniqueItems",keyword:"uniqueItems",params:{i: i1, j: j0}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
break outer0;
}
}
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate25.errors = vErrors;
return errors === 0;
}
validate25.evaluated = {"items":true,"dynamicProps":false,"dynamicItems":false};

const schema44 = {"type":"object","additionalProperties":false,"required":["groups"],"properties":{"groups":{"$ref":"#/$defs/layerGroups"},"norms":{"enum":["frozen","updated"],"default":"frozen"}}};

function validate27(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate27.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.groups === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "groups"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((key0 === "groups") || (key0 === "norms"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.groups !== undefined){
if(!(validate25(data.groups, {instancePath:instancePath+"/groups",parentData:data,parentDataProperty:"groups",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate25.errors : vErrors.concat(validate25.errors);
errors = vErrors.length;
}
}
if(data.norms !== undefined){
let data1 = data.norms;
if(!((data1 === "frozen") || (data1 === "updated"))){
const err2 = {instancePath:instancePath+"/norms",schemaPath:"#/properties/norms/enum",keyword:"enum",params:{allowedValues: schema44.properties.norms.enum}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate27.errors = vErrors;
return errors === 0;
}
validate27.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};


function validate24(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate24.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
const _errs0 = errors;
let valid0 = false;
let passing0 = null;
const _errs1 = errors;
if(!(validate25(data, {instancePath,parentData,parentDataProperty,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate25.errors : vErrors.concat(validate25.errors);
errors = vErrors.length;
}
var _valid0 = _errs1 === errors;
if(_valid0){
valid0 = true;
passing0 = 0;
var items0 = true;
}
const _errs2 = errors;
if(!(validate27(data, {instancePath,parentData,parentDataProperty,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate27.errors : vErrors.concat(validate27.errors);
errors = vErrors.length;
}
var _valid0 = _errs2 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 1];
}
else {
if(_valid0){
valid0 = true;
passing0 = 1;
var props0 = true;
}
}
if(!valid0){
const err0 = {instancePath,schemaPath:"#/oneOf",keyword:"oneOf",params:{passingSchemas: passing0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate24.errors = vErrors;
evaluated0.props = props0;
evaluated0.items = items0;
return errors === 0;
}
validate24.evaluated = {"dynamicProps":true,"dynamicItems":true};

const schema45 = {"type":"object","additionalProperties":false,"properties":{"randAugment":{"oneOf":[{"const":"none"},{"$ref":"#/$defs/randAugment"}],"default":{}},"crop":{"oneOf":[{"const":"none"},{"$ref":"#/$defs/crop"}],"default":{}},"flip":{"enum":["none","horizontal"],"default":"horizontal"},"dropout":{"x-unit":"share of the features","type":"number","minimum":0,"exclusiveMaximum":1,"default":0.1},"survival":{"x-unit":"probability","type":"number","exclusiveMinimum":0,"maximum":1,"default":0.9}},"x-change":"train","default":{}};
const schema48 = {"type":"object","additionalProperties":false,"properties":{"pad":{"x-unit":"pixels","type":"integer","minimum":1,"maximum":512,"default":1}}};
const schema46 = {"type":"object","additionalProperties":false,"properties":{"dialect":{"enum":["timm"],"default":"timm"},"ops":{"x-unit":"operations","type":"integer","minimum":1,"maximum":10,"default":1},"magnitude":{"type":"number","minimum":0,"maximum":10,"default":4},"spread":{"oneOf":[{"enum":["none","uniform"]},{"type":"number","exclusiveMinimum":0,"maximum":10}],"default":"uniform"},"probability":{"x-unit":"probability","type":"number","exclusiveMinimum":0,"maximum":1,"default":1},"increasing":{"type":"boolean","default":true},"transforms":{"oneOf":[{"const":"all"},{"type":"array","items":{"$ref":"#/$defs/transform"},"minItems":1,"uniqueItems":true}],"default":"all","x-allowed":"all or a list of different transforms, such as [Rotate, ShearX, ShearY]"}}};
const schema47 = {"enum":["AutoContrast","Equalize","Invert","Rotate","Posterize","Solarize","SolarizeAdd","Color","Contrast","Brightness","Sharpness","ShearX","ShearY","TranslateXRel","TranslateYRel"]};

function validate32(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate32.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((((((key0 === "dialect") || (key0 === "ops")) || (key0 === "magnitude")) || (key0 === "spread")) || (key0 === "probability")) || (key0 === "increasing")) || (key0 === "transforms"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.dialect !== undefined){
if(!(data.dialect === "timm")){
const err1 = {instancePath:instancePath+"/dialect",schemaPath:"#/properties/dialect/enum",keyword:"enum",params:{allowedValues: schema46.properties.dialect.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.ops !== undefined){
let data1 = data.ops;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err2 = {instancePath:instancePath+"/ops",schemaPath:"#/properties/ops/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 10 || isNaN(data1)){
const err3 = {instancePath:instancePath+"/ops",schemaPath:"#/properties/ops/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data1 < 1 || isNaN(data1)){
const err4 = {instancePath:instancePath+"/ops",schemaPath:"#/properties/ops/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
if(data.magnitude !== undefined){
let data2 = data.magnitude;
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 10 || isNaN(data2)){
const err5 = {instancePath:instancePath+"/magnitude",schemaPath:"#/properties/magnitude/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(data2 < 0 || isNaN(data2)){
const err6 = {instancePath:instancePath+"/magnitude",schemaPath:"#/properties/magnitude/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
else {
const err7 = {instancePath:instancePath+"/magnitude",schemaPath:"#/properties/magnitude/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.spread !== undefined){
let data3 = data.spread;
const _errs8 = errors;
let valid1 = false;
let passing0 = null;
const _errs9 = errors;
if(!((data3 === "none") || (data3 === "uniform"))){
const err8 = {instancePath:instancePath+"/spread",schemaPath:"#/properties/spread/oneOf/0/enum",keyword:"enum",params:{allowedValues: schema46.properties.spread.oneOf[0].enum}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
var _valid0 = _errs9 === errors;
if(_valid0){
valid1 = true;
passing0 = 0;
}
const _errs10 = errors;
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 10 || isNaN(data3)){
const err9 = {instancePath:instancePath+"/spread",schemaPath:"#/properties/spread/oneOf/1/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if(data3 <= 0 || isNaN(data3)){
const err10 = {instancePath:instancePath+"/spread",schemaPath:"#/properties/spread/oneOf/1/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
else {
const err11 = {instancePath:instancePath+"/spread",schemaPath:"#/properties/spread/oneOf/1/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
var _valid0 = _errs10 === errors;
if(_valid0 && valid1){
valid1 = false;
passing0 = [passing0, 1];
}
else {
if(_valid0){
valid1 = true;
passing0 = 1;
}
}
if(!valid1){
const err12 = {instancePath:instancePath+"/spread",schemaPath:"#/properties/spread/oneOf",keyword:"oneOf",params:{passingSchemas: passing0}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
else {
errors = _errs8;
if(vErrors !== null){
if(_errs8){
vErrors.length = _errs8;
}
else {
vErrors = null;
}
}
}
}
if(data.probability !== undefined){
let data4 = data.probability;
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 1 || isNaN(data4)){
const err13 = {instancePath:instancePath+"/probability",schemaPath:"#/properties/probability/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data4 <= 0 || isNaN(data4)){
const err14 = {instancePath:instancePath+"/probability",schemaPath:"#/properties/probability/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/probability",schemaPath:"#/properties/probability/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data.increasing !== undefined){
if(typeof data.increasing !== "boolean"){
const err16 = {instancePath:instancePath+"/increasing",schemaPath:"#/properties/increasing/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data.transforms !== undefined){
let data6 = data.transforms;
const _errs17 = errors;
let valid2 = false;
let passing1 = null;
const _errs18 = errors;
if("all" !== data6){
const err17 = {instancePath:instancePath+"/transforms",schemaPath:"#/properties/transforms/oneOf/0/const",keyword:"const",params:{allowedValue: "all"}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
var _valid1 = _errs18 === errors;
if(_valid1){
valid2 = true;
passing1 = 0;
}
const _errs19 = errors;
if(Array.isArray(data6)){
if(data6.length < 1){
const err18 = {instancePath:instancePath+"/transforms",schemaPath:"#/properties/transforms/oneOf/1/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
const len0 = data6.length;
for(let i0=0; i0<len0; i0++){
let data7 = data6[i0];
if(!(((((((((((((((data7 === "AutoContrast") || (data7 === "Equalize")) || (data7 === "Invert")) || (data7 === "Rotate")) || (data7 === "Posterize")) || (data7 === "Solarize")) || (data7 === "SolarizeAdd")) || (data7 === "Color")) || (data7 === "Contrast")) || (data7 === "Brightness")) || (data7 === "Sharpness")) || (data7 === "ShearX")) || (data7 === "ShearY")) || (data7 === "TranslateXRel")) || (data7 === "TranslateYRel"))){
const err19 = {instancePath:instancePath+"/transforms/" + i0,schemaPath:"#/$defs/transform/enum",keyword:"enum",params:{allowedValues: schema47.enum}};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
let i1 = data6.length;
let j0;
if(i1 > 1){
outer0:
for(;i1--;){
for(j0 = i1; j0--;){
if(func0(data6[i1], data6[j0])){
const err20 = {instancePath:instancePath+"/transforms",schemaPath:"#/properties/transforms/oneOf/1/uniqueItems",keyword:"uniqueItems",params:{i: i1, j: j0}};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
break outer0;
}
}
}
}
}
else {
const err21 = {instancePath:instancePath+"/transforms",schemaPath:"#/properties/transforms/oneOf/1/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
var _valid1 = _errs19 === errors;
if(_valid1 && valid2){
valid2 = false;
passing1 = [passing1, 1];
}
else {
if(_valid1){
valid2 = true;
passing1 = 1;
}
}
if(!valid2){
const err22 = {instancePath:instancePath+"/transforms",schemaPath:"#/properties/transforms/oneOf",keyword:"oneOf",params:{passingSchemas: passing1}};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
else {
errors = _errs17;
if(vErrors !== null){
if(_errs17){
vErrors.length = _errs17;
}
else {
vErrors = null;
}
}
}
}
}
else {
const err23 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
validate32.errors = vErrors;
return errors === 0;
}
validate32.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};


function validate31(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate31.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((((key0 === "randAugment") || (key0 === "crop")) || (key0 === "flip")) || (key0 === "dropout")) || (key0 === "survival"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.randAugment !== undefined){
let data0 = data.randAugment;
const _errs3 = errors;
let valid1 = false;
let passing0 = null;
const _errs4 = errors;
if("none" !== data0){
const err1 = {instancePath:instancePath+"/randAugment",schemaPath:"#/properties/randAugment/oneOf/0/const",keyword:"const",params:{allowedValue: "none"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var _valid0 = _errs4 === errors;
if(_valid0){
valid1 = true;
passing0 = 0;
}
const _errs5 = errors;
if(!(validate32(data0, {instancePath:instancePath+"/randAugment",parentData:data,parentDataProperty:"randAugment",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate32.errors : vErrors.concat(validate32.errors);
errors = vErrors.length;
}
var _valid0 = _errs5 === errors;
if(_valid0 && valid1){
valid1 = false;
passing0 = [passing0, 1];
}
else {
if(_valid0){
valid1 = true;
passing0 = 1;
}
}
if(!valid1){
const err2 = {instancePath:instancePath+"/randAugment",schemaPath:"#/properties/randAugment/oneOf",keyword:"oneOf",params:{passingSchemas: passing0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
else {
errors = _errs3;
if(vErrors !== null){
if(_errs3){
vErrors.length = _errs3;
}
else {
vErrors = null;
}
}
}
}
if(data.crop !== undefined){
let data1 = data.crop;
const _errs7 = errors;
let valid2 = false;
let passing1 = null;
const _errs8 = errors;
if("none" !== data1){
const err3 = {instancePath:instancePath+"/crop",schemaPath:"#/properties/crop/oneOf/0/const",keyword:"const",params:{allowedValue: "none"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
var _valid1 = _errs8 === errors;
if(_valid1){
valid2 = true;
passing1 = 0;
}
const _errs9 = errors;
if(data1 && typeof data1 == "object" && !Array.isArray(data1)){
for(const key1 in data1){
if(!(key1 === "pad")){
const err4 = {instancePath:instancePath+"/crop",schemaPath:"#/$defs/crop/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data1.pad !== undefined){
let data2 = data1.pad;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err5 = {instancePath:instancePath+"/crop/pad",schemaPath:"#/$defs/crop/properties/pad/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 512 || isNaN(data2)){
const err6 = {instancePath:instancePath+"/crop/pad",schemaPath:"#/$defs/crop/properties/pad/maximum",keyword:"maximum",params:{comparison: "<=", limit: 512}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if(data2 < 1 || isNaN(data2)){
const err7 = {instancePath:instancePath+"/crop/pad",schemaPath:"#/$defs/crop/properties/pad/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
}
else {
const err8 = {instancePath:instancePath+"/crop",schemaPath:"#/$defs/crop/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
var _valid1 = _errs9 === errors;
if(_valid1 && valid2){
valid2 = false;
passing1 = [passing1, 1];
}
else {
if(_valid1){
valid2 = true;
passing1 = 1;
}
}
if(!valid2){
const err9 = {instancePath:instancePath+"/crop",schemaPath:"#/properties/crop/oneOf",keyword:"oneOf",params:{passingSchemas: passing1}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
else {
errors = _errs7;
if(vErrors !== null){
if(_errs7){
vErrors.length = _errs7;
}
else {
vErrors = null;
}
}
}
}
if(data.flip !== undefined){
let data3 = data.flip;
if(!((data3 === "none") || (data3 === "horizontal"))){
const err10 = {instancePath:instancePath+"/flip",schemaPath:"#/properties/flip/enum",keyword:"enum",params:{allowedValues: schema45.properties.flip.enum}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data.dropout !== undefined){
let data4 = data.dropout;
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 < 0 || isNaN(data4)){
const err11 = {instancePath:instancePath+"/dropout",schemaPath:"#/properties/dropout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
if(data4 >= 1 || isNaN(data4)){
const err12 = {instancePath:instancePath+"/dropout",schemaPath:"#/properties/dropout/exclusiveMaximum",keyword:"exclusiveMaximum",params:{comparison: "<", limit: 1}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
else {
const err13 = {instancePath:instancePath+"/dropout",schemaPath:"#/properties/dropout/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data.survival !== undefined){
let data5 = data.survival;
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 1 || isNaN(data5)){
const err14 = {instancePath:instancePath+"/survival",schemaPath:"#/properties/survival/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
if(data5 <= 0 || isNaN(data5)){
const err15 = {instancePath:instancePath+"/survival",schemaPath:"#/properties/survival/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
else {
const err16 = {instancePath:instancePath+"/survival",schemaPath:"#/properties/survival/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
}
else {
const err17 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
validate31.errors = vErrors;
return errors === 0;
}
validate31.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const schema49 = {"type":"object","additionalProperties":false,"properties":{"steps":{"x-unit":"steps","type":"integer","minimum":1,"maximum":100000000,"default":600},"batch":{"x-unit":"images","type":"integer","minimum":1,"maximum":65536,"default":32},"unlabelledRatio":{"x-unit":"images per labelled image","type":"number","minimum":0,"maximum":100,"default":4},"unlabelledWeight":{"type":"number","exclusiveMinimum":0,"maximum":100,"default":1},"optimiser":{"$ref":"#/$defs/optimiser"},"schedule":{"$ref":"#/$defs/schedule"},"ema":{"x-unit":"share kept per step","type":"number","minimum":0,"exclusiveMaximum":1,"default":0.99},"labelSmoothing":{"x-unit":"probability","type":"number","minimum":0,"exclusiveMaximum":1,"default":0},"checkpointEvery":{"x-unit":"steps","type":"integer","minimum":1,"maximum":100000000,"x-change":"live","default":100},"logEvery":{"x-unit":"steps","type":"integer","minimum":1,"maximum":100000000,"x-change":"live","default":10}},"x-change":"train","default":{}};
const schema50 = {"type":"object","required":["name"],"discriminator":{"propertyName":"name"},"oneOf":[{"$ref":"#/$defs/adamw"},{"$ref":"#/$defs/rmsprop"}],"default":{"name":"adamw"}};
const schema51 = {"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"const":"adamw"},"beta1":{"x-unit":"share kept per step","type":"number","minimum":0,"exclusiveMaximum":1,"default":0.9},"beta2":{"x-unit":"share kept per step","type":"number","minimum":0,"exclusiveMaximum":1,"default":0.999},"epsilon":{"type":"number","exclusiveMinimum":0,"maximum":1,"default":1e-7},"weightDecay":{"type":"number","minimum":0,"maximum":10,"default":0.01}}};
const schema52 = {"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"const":"rmsprop"},"decay":{"x-unit":"share kept per step","type":"number","minimum":0,"exclusiveMaximum":1,"default":0.9},"momentum":{"x-unit":"share kept per step","type":"number","minimum":0,"exclusiveMaximum":1,"default":0.9},"epsilon":{"type":"number","exclusiveMinimum":0,"maximum":1,"default":0.001},"weightDecay":{"type":"number","minimum":0,"maximum":10,"default":0.00001}}};

function validate36(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate36.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.name === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "name"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const tag0 = data.name;
if(typeof tag0 == "string"){
if(tag0 === "adamw"){
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.name === undefined){
const err1 = {instancePath,schemaPath:"#/$defs/adamw/required",keyword:"required",params:{missingProperty: "name"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!(((((key0 === "name") || (key0 === "beta1")) || (key0 === "beta2")) || (key0 === "epsilon")) || (key0 === "weightDecay"))){
const err2 = {instancePath,schemaPath:"#/$defs/adamw/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.name !== undefined){
if("adamw" !== data.name){
const err3 = {instancePath:instancePath+"/name",schemaPath:"#/$defs/adamw/properties/name/const",keyword:"const",params:{allowedValue: "adamw"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.beta1 !== undefined){
let data1 = data.beta1;
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 < 0 || isNaN(data1)){
const err4 = {instancePath:instancePath+"/beta1",schemaPath:"#/$defs/adamw/properties/beta1/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if(data1 >= 1 || isNaN(data1)){
const err5 = {instancePath:instancePath+"/beta1",schemaPath:"#/$defs/adamw/properties/beta1/exclusiveMaximum",keyword:"exclusiveMaximum",params:{comparison: "<", limit: 1}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/beta1",schemaPath:"#/$defs/adamw/properties/beta1/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.beta2 !== undefined){
let data2 = data.beta2;
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 < 0 || isNaN(data2)){
const err7 = {instancePath:instancePath+"/beta2",schemaPath:"#/$defs/adamw/properties/beta2/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(data2 >= 1 || isNaN(data2)){
const err8 = {instancePath:instancePath+"/beta2",schemaPath:"#/$defs/adamw/properties/beta2/exclusiveMaximum",keyword:"exclusiveMaximum",params:{comparison: "<", limit: 1}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
else {
const err9 = {instancePath:instancePath+"/beta2",schemaPath:"#/$defs/adamw/properties/beta2/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.epsilon !== undefined){
let data3 = data.epsilon;
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 1 || isNaN(data3)){
const err10 = {instancePath:instancePath+"/epsilon",schemaPath:"#/$defs/adamw/properties/epsilon/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if(data3 <= 0 || isNaN(data3)){
const err11 = {instancePath:instancePath+"/epsilon",schemaPath:"#/$defs/adamw/properties/epsilon/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/epsilon",schemaPath:"#/$defs/adamw/properties/epsilon/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.weightDecay !== undefined){
let data4 = data.weightDecay;
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 10 || isNaN(data4)){
const err13 = {instancePath:instancePath+"/weightDecay",schemaPath:"#/$defs/adamw/properties/weightDecay/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data4 < 0 || isNaN(data4)){
const err14 = {instancePath:instancePath+"/weightDecay",schemaPath:"#/$defs/adamw/properties/weightDecay/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/weightDecay",schemaPath:"#/$defs/adamw/properties/weightDecay/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
}
else {
const err16 = {instancePath,schemaPath:"#/$defs/adamw/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
var props0 = true;
}
else if(tag0 === "rmsprop"){
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.name === undefined){
const err17 = {instancePath,schemaPath:"#/$defs/rmsprop/required",keyword:"required",params:{missingProperty: "name"}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
for(const key1 in data){
if(!(((((key1 === "name") || (key1 === "decay")) || (key1 === "momentum")) || (key1 === "epsilon")) || (key1 === "weightDecay"))){
const err18 = {instancePath,schemaPath:"#/$defs/rmsprop/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1}};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data.name !== undefined){
if("rmsprop" !== data.name){
const err19 = {instancePath:instancePath+"/name",schemaPath:"#/$defs/rmsprop/properties/name/const",keyword:"const",params:{allowedValue: "rmsprop"}};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(data.decay !== undefined){
let data6 = data.decay;
if((typeof data6 == "number") && (isFinite(data6))){
if(data6 < 0 || isNaN(data6)){
const err20 = {instancePath:instancePath+"/decay",schemaPath:"#/$defs/rmsprop/properties/decay/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
if(data6 >= 1 || isNaN(data6)){
const err21 = {instancePath:instancePath+"/decay",schemaPath:"#/$defs/rmsprop/properties/decay/exclusiveMaximum",keyword:"exclusiveMaximum",params:{comparison: "<", limit: 1}};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
else {
const err22 = {instancePath:instancePath+"/decay",schemaPath:"#/$defs/rmsprop/properties/decay/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
if(data.momentum !== undefined){
let data7 = data.momentum;
if((typeof data7 == "number") && (isFinite(data7))){
if(data7 < 0 || isNaN(data7)){
const err23 = {instancePath:instancePath+"/momentum",schemaPath:"#/$defs/rmsprop/properties/momentum/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
if(data7 >= 1 || isNaN(data7)){
const err24 = {instancePath:instancePath+"/momentum",schemaPath:"#/$defs/rmsprop/properties/momentum/exclusiveMaximum",keyword:"exclusiveMaximum",params:{comparison: "<", limit: 1}};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
else {
const err25 = {instancePath:instancePath+"/momentum",schemaPath:"#/$defs/rmsprop/properties/momentum/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data.epsilon !== undefined){
let data8 = data.epsilon;
if((typeof data8 == "number") && (isFinite(data8))){
if(data8 > 1 || isNaN(data8)){
const err26 = {instancePath:instancePath+"/epsilon",schemaPath:"#/$defs/rmsprop/properties/epsilon/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1}};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
if(data8 <= 0 || isNaN(data8)){
const err27 = {instancePath:instancePath+"/epsilon",schemaPath:"#/$defs/rmsprop/properties/epsilon/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
else {
const err28 = {instancePath:instancePath+"/epsilon",schemaPath:"#/$defs/rmsprop/properties/epsilon/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
if(data.weightDecay !== undefined){
let data9 = data.weightDecay;
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 10 || isNaN(data9)){
const err29 = {instancePath:instancePath+"/weightDecay",schemaPath:"#/$defs/rmsprop/properties/weightDecay/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10}};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
if(data9 < 0 || isNaN(data9)){
const err30 = {instancePath:instancePath+"/weightDecay",schemaPath:"#/$defs/rmsprop/properties/weightDecay/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
else {
const err31 = {instancePath:instancePath+"/weightDecay",schemaPath:"#/$defs/rmsprop/properties/weightDecay/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
}
else {
const err32 = {instancePath,schemaPath:"#/$defs/rmsprop/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
if(props0 !== true){
props0 = true;
}
}
else {
const err33 = {instancePath,schemaPath:"#/discriminator",keyword:"discriminator",params:{error: "mapping", tag: "name", tagValue: tag0}};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
else {
const err34 = {instancePath,schemaPath:"#/discriminator",keyword:"discriminator",params:{error: "tag", tag: "name", tagValue: tag0}};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
else {
const err35 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
validate36.errors = vErrors;
evaluated0.props = props0;
return errors === 0;
}
validate36.evaluated = {"dynamicProps":true,"dynamicItems":false};

const schema53 = {"type":"object","required":["name"],"discriminator":{"propertyName":"name"},"oneOf":[{"$ref":"#/$defs/cosine"},{"$ref":"#/$defs/exponential"}],"default":{"name":"cosine"}};
const schema54 = {"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"const":"cosine"},"rate":{"$ref":"#/$defs/rate"},"warmupSteps":{"$ref":"#/$defs/warmupSteps"}}};
const schema55 = {"type":"number","exclusiveMinimum":0,"maximum":10,"default":0.015};
const schema56 = {"x-unit":"steps","type":"integer","minimum":0,"maximum":100000000,"default":50};

function validate39(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate39.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.name === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "name"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(((key0 === "name") || (key0 === "rate")) || (key0 === "warmupSteps"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.name !== undefined){
if("cosine" !== data.name){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/const",keyword:"const",params:{allowedValue: "cosine"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.rate !== undefined){
let data1 = data.rate;
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 10 || isNaN(data1)){
const err3 = {instancePath:instancePath+"/rate",schemaPath:"#/$defs/rate/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data1 <= 0 || isNaN(data1)){
const err4 = {instancePath:instancePath+"/rate",schemaPath:"#/$defs/rate/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/rate",schemaPath:"#/$defs/rate/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.warmupSteps !== undefined){
let data2 = data.warmupSteps;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err6 = {instancePath:instancePath+"/warmupSteps",schemaPath:"#/$defs/warmupSteps/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 100000000 || isNaN(data2)){
const err7 = {instancePath:instancePath+"/warmupSteps",schemaPath:"#/$defs/warmupSteps/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000000}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(data2 < 0 || isNaN(data2)){
const err8 = {instancePath:instancePath+"/warmupSteps",schemaPath:"#/$defs/warmupSteps/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
}
}
else {
const err9 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
validate39.errors = vErrors;
return errors === 0;
}
validate39.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const schema57 = {"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"const":"exponential"},"rate":{"$ref":"#/$defs/rate"},"warmupSteps":{"$ref":"#/$defs/warmupSteps"},"decay":{"type":"number","exclusiveMinimum":0,"maximum":1,"default":0.97},"everySteps":{"x-unit":"steps","type":"integer","minimum":1,"maximum":100000000,"default":4}}};

function validate40(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate40.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.name === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "name"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(((((key0 === "name") || (key0 === "rate")) || (key0 === "warmupSteps")) || (key0 === "decay")) || (key0 === "everySteps"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.name !== undefined){
if("exponential" !== data.name){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/const",keyword:"const",params:{allowedValue: "exponential"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.rate !== undefined){
let data1 = data.rate;
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 10 || isNaN(data1)){
const err3 = {instancePath:instancePath+"/rate",schemaPath:"#/$defs/rate/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data1 <= 0 || isNaN(data1)){
const err4 = {instancePath:instancePath+"/rate",schemaPath:"#/$defs/rate/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/rate",schemaPath:"#/$defs/rate/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.warmupSteps !== undefined){
let data2 = data.warmupSteps;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err6 = {instancePath:instancePath+"/warmupSteps",schemaPath:"#/$defs/warmupSteps/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 100000000 || isNaN(data2)){
const err7 = {instancePath:instancePath+"/warmupSteps",schemaPath:"#/$defs/warmupSteps/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000000}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(data2 < 0 || isNaN(data2)){
const err8 = {instancePath:instancePath+"/warmupSteps",schemaPath:"#/$defs/warmupSteps/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
}
if(data.decay !== undefined){
let data3 = data.decay;
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 1 || isNaN(data3)){
const err9 = {instancePath:instancePath+"/decay",schemaPath:"#/properties/decay/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if(data3 <= 0 || isNaN(data3)){
const err10 = {instancePath:instancePath+"/decay",schemaPath:"#/properties/decay/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
else {
const err11 = {instancePath:instancePath+"/decay",schemaPath:"#/properties/decay/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data.everySteps !== undefined){
let data4 = data.everySteps;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
const err12 = {instancePath:instancePath+"/everySteps",schemaPath:"#/properties/everySteps/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 100000000 || isNaN(data4)){
const err13 = {instancePath:instancePath+"/everySteps",schemaPath:"#/properties/everySteps/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000000}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data4 < 1 || isNaN(data4)){
const err14 = {instancePath:instancePath+"/everySteps",schemaPath:"#/properties/everySteps/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
}
}
else {
const err15 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
validate40.errors = vErrors;
return errors === 0;
}
validate40.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};


function validate38(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate38.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.name === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "name"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const tag0 = data.name;
if(typeof tag0 == "string"){
if(tag0 === "cosine"){
if(!(validate39(data, {instancePath,parentData,parentDataProperty,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate39.errors : vErrors.concat(validate39.errors);
errors = vErrors.length;
}
var props0 = true;
}
else if(tag0 === "exponential"){
if(!(validate40(data, {instancePath,parentData,parentDataProperty,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate40.errors : vErrors.concat(validate40.errors);
errors = vErrors.length;
}
if(props0 !== true){
props0 = true;
}
}
else {
const err1 = {instancePath,schemaPath:"#/discriminator",keyword:"discriminator",params:{error: "mapping", tag: "name", tagValue: tag0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
else {
const err2 = {instancePath,schemaPath:"#/discriminator",keyword:"discriminator",params:{error: "tag", tag: "name", tagValue: tag0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate38.errors = vErrors;
evaluated0.props = props0;
return errors === 0;
}
validate38.evaluated = {"dynamicProps":true,"dynamicItems":false};


function validate35(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate35.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func1.call(schema49.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.steps !== undefined){
let data0 = data.steps;
if(!(((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0))) && (isFinite(data0)))){
const err1 = {instancePath:instancePath+"/steps",schemaPath:"#/properties/steps/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if((typeof data0 == "number") && (isFinite(data0))){
if(data0 > 100000000 || isNaN(data0)){
const err2 = {instancePath:instancePath+"/steps",schemaPath:"#/properties/steps/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000000}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(data0 < 1 || isNaN(data0)){
const err3 = {instancePath:instancePath+"/steps",schemaPath:"#/properties/steps/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
if(data.batch !== undefined){
let data1 = data.batch;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err4 = {instancePath:instancePath+"/batch",schemaPath:"#/properties/batch/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 65536 || isNaN(data1)){
const err5 = {instancePath:instancePath+"/batch",schemaPath:"#/properties/batch/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65536}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(data1 < 1 || isNaN(data1)){
const err6 = {instancePath:instancePath+"/batch",schemaPath:"#/properties/batch/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
if(data.unlabelledRatio !== undefined){
let data2 = data.unlabelledRatio;
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 100 || isNaN(data2)){
const err7 = {instancePath:instancePath+"/unlabelledRatio",schemaPath:"#/properties/unlabelledRatio/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(data2 < 0 || isNaN(data2)){
const err8 = {instancePath:instancePath+"/unlabelledRatio",schemaPath:"#/properties/unlabelledRatio/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
else {
const err9 = {instancePath:instancePath+"/unlabelledRatio",schemaPath:"#/properties/unlabelledRatio/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.unlabelledWeight !== undefined){
let data3 = data.unlabelledWeight;
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 100 || isNaN(data3)){
const err10 = {instancePath:instancePath+"/unlabelledWeight",schemaPath:"#/properties/unlabelledWeight/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if(data3 <= 0 || isNaN(data3)){
const err11 = {instancePath:instancePath+"/unlabelledWeight",schemaPath:"#/properties/unlabelledWeight/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/unlabelledWeight",schemaPath:"#/properties/unlabelledWeight/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.optimiser !== undefined){
if(!(validate36(data.optimiser, {instancePath:instancePath+"/optimiser",parentData:data,parentDataProperty:"optimiser",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate36.errors : vErrors.concat(validate36.errors);
errors = vErrors.length;
}
}
if(data.schedule !== undefined){
if(!(validate38(data.schedule, {instancePath:instancePath+"/schedule",parentData:data,parentDataProperty:"schedule",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate38.errors : vErrors.concat(validate38.errors);
errors = vErrors.length;
}
}
if(data.ema !== undefined){
let data6 = data.ema;
if((typeof data6 == "number") && (isFinite(data6))){
if(data6 < 0 || isNaN(data6)){
const err13 = {instancePath:instancePath+"/ema",schemaPath:"#/properties/ema/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data6 >= 1 || isNaN(data6)){
const err14 = {instancePath:instancePath+"/ema",schemaPath:"#/properties/ema/exclusiveMaximum",keyword:"exclusiveMaximum",params:{comparison: "<", limit: 1}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/ema",schemaPath:"#/properties/ema/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data.labelSmoothing !== undefined){
let data7 = data.labelSmoothing;
if((typeof data7 == "number") && (isFinite(data7))){
if(data7 < 0 || isNaN(data7)){
const err16 = {instancePath:instancePath+"/labelSmoothing",schemaPath:"#/properties/labelSmoothing/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
if(data7 >= 1 || isNaN(data7)){
const err17 = {instancePath:instancePath+"/labelSmoothing",schemaPath:"#/properties/labelSmoothing/exclusiveMaximum",keyword:"exclusiveMaximum",params:{comparison: "<", limit: 1}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
else {
const err18 = {instancePath:instancePath+"/labelSmoothing",schemaPath:"#/properties/labelSmoothing/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data.checkpointEvery !== undefined){
let data8 = data.checkpointEvery;
if(!(((typeof data8 == "number") && (!(data8 % 1) && !isNaN(data8))) && (isFinite(data8)))){
const err19 = {instancePath:instancePath+"/checkpointEvery",schemaPath:"#/properties/checkpointEvery/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
if((typeof data8 == "number") && (isFinite(data8))){
if(data8 > 100000000 || isNaN(data8)){
const err20 = {instancePath:instancePath+"/checkpointEvery",schemaPath:"#/properties/checkpointEvery/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000000}};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
if(data8 < 1 || isNaN(data8)){
const err21 = {instancePath:instancePath+"/checkpointEvery",schemaPath:"#/properties/checkpointEvery/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
}
if(data.logEvery !== undefined){
let data9 = data.logEvery;
if(!(((typeof data9 == "number") && (!(data9 % 1) && !isNaN(data9))) && (isFinite(data9)))){
const err22 = {instancePath:instancePath+"/logEvery",schemaPath:"#/properties/logEvery/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 100000000 || isNaN(data9)){
const err23 = {instancePath:instancePath+"/logEvery",schemaPath:"#/properties/logEvery/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000000}};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
if(data9 < 1 || isNaN(data9)){
const err24 = {instancePath:instancePath+"/logEvery",schemaPath:"#/properties/logEvery/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
}
}
else {
const err25 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
validate35.errors = vErrors;
return errors === 0;
}
validate35.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const schema60 = {"oneOf":[{"const":"none"},{"$ref":"#/$defs/resolution"}],"x-change":"fine-tune","default":"none"};
const schema61 = {"type":"object","additionalProperties":false,"properties":{"size":{"x-unit":"pixels","type":"integer","minimum":9,"maximum":2048,"x-absent":"the size of the pipeline's own block"},"epochs":{"x-unit":"passes","type":"number","exclusiveMinimum":0,"maximum":1000,"default":1.5},"rateFactor":{"x-unit":"share of the rate","type":"number","exclusiveMinimum":0,"maximum":10,"default":0.012},"freeze":{"$ref":"#/$defs/freeze","default":["stem","blocks.0","blocks.1"]}}};

function validate46(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate46.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((key0 === "size") || (key0 === "epochs")) || (key0 === "rateFactor")) || (key0 === "freeze"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.size !== undefined){
let data0 = data.size;
if(!(((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0))) && (isFinite(data0)))){
const err1 = {instancePath:instancePath+"/size",schemaPath:"#/properties/size/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if((typeof data0 == "number") && (isFinite(data0))){
if(data0 > 2048 || isNaN(data0)){
const err2 = {instancePath:instancePath+"/size",schemaPath:"#/properties/size/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2048}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(data0 < 9 || isNaN(data0)){
const err3 = {instancePath:instancePath+"/size",schemaPath:"#/properties/size/minimum",keyword:"minimum",params:{comparison: ">=", limit: 9}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
if(data.epochs !== undefined){
let data1 = data.epochs;
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 1000 || isNaN(data1)){
const err4 = {instancePath:instancePath+"/epochs",schemaPath:"#/properties/epochs/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if(data1 <= 0 || isNaN(data1)){
const err5 = {instancePath:instancePath+"/epochs",schemaPath:"#/properties/epochs/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/epochs",schemaPath:"#/properties/epochs/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.rateFactor !== undefined){
let data2 = data.rateFactor;
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 10 || isNaN(data2)){
const err7 = {instancePath:instancePath+"/rateFactor",schemaPath:"#/properties/rateFactor/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(data2 <= 0 || isNaN(data2)){
const err8 = {instancePath:instancePath+"/rateFactor",schemaPath:"#/properties/rateFactor/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
else {
const err9 = {instancePath:instancePath+"/rateFactor",schemaPath:"#/properties/rateFactor/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.freeze !== undefined){
if(!(validate24(data.freeze, {instancePath:instancePath+"/freeze",parentData:data,parentDataProperty:"freeze",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate24.errors : vErrors.concat(validate24.errors);
errors = vErrors.length;
}
}
}
else {
const err10 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
validate46.errors = vErrors;
return errors === 0;
}
validate46.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};


function validate45(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate45.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
const _errs0 = errors;
let valid0 = false;
let passing0 = null;
const _errs1 = errors;
if("none" !== data){
const err0 = {instancePath,schemaPath:"#/oneOf/0/const",keyword:"const",params:{allowedValue: "none"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var _valid0 = _errs1 === errors;
if(_valid0){
valid0 = true;
passing0 = 0;
}
const _errs2 = errors;
if(!(validate46(data, {instancePath,parentData,parentDataProperty,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate46.errors : vErrors.concat(validate46.errors);
errors = vErrors.length;
}
var _valid0 = _errs2 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 1];
}
else {
if(_valid0){
valid0 = true;
passing0 = 1;
var props0 = true;
}
}
if(!valid0){
const err1 = {instancePath,schemaPath:"#/oneOf",keyword:"oneOf",params:{passingSchemas: passing0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate45.errors = vErrors;
evaluated0.props = props0;
return errors === 0;
}
validate45.evaluated = {"dynamicProps":true,"dynamicItems":false};


function validate23(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate23.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((((key0 === "model") || (key0 === "weights")) || (key0 === "freeze")) || (key0 === "noise")) || (key0 === "training")) || (key0 === "resolution"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.model !== undefined){
let data0 = data.model;
if(typeof data0 === "string"){
if(func2(data0) > 100){
const err1 = {instancePath:instancePath+"/model",schemaPath:"#/$defs/model/maxLength",keyword:"maxLength",params:{limit: 100}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(func2(data0) < 1){
const err2 = {instancePath:instancePath+"/model",schemaPath:"#/$defs/model/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/model",schemaPath:"#/$defs/model/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.weights !== undefined){
let data1 = data.weights;
if(typeof data1 === "string"){
if(func2(data1) > 300){
const err4 = {instancePath:instancePath+"/weights",schemaPath:"#/$defs/weights/maxLength",keyword:"maxLength",params:{limit: 300}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if(func2(data1) < 1){
const err5 = {instancePath:instancePath+"/weights",schemaPath:"#/$defs/weights/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/weights",schemaPath:"#/$defs/weights/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.freeze !== undefined){
if(!(validate24(data.freeze, {instancePath:instancePath+"/freeze",parentData:data,parentDataProperty:"freeze",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate24.errors : vErrors.concat(validate24.errors);
errors = vErrors.length;
}
}
if(data.noise !== undefined){
if(!(validate31(data.noise, {instancePath:instancePath+"/noise",parentData:data,parentDataProperty:"noise",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.training !== undefined){
if(!(validate35(data.training, {instancePath:instancePath+"/training",parentData:data,parentDataProperty:"training",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate35.errors : vErrors.concat(validate35.errors);
errors = vErrors.length;
}
}
if(data.resolution !== undefined){
if(!(validate45(data.resolution, {instancePath:instancePath+"/resolution",parentData:data,parentDataProperty:"resolution",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate45.errors : vErrors.concat(validate45.errors);
errors = vErrors.length;
}
}
}
else {
const err7 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
validate23.errors = vErrors;
return errors === 0;
}
validate23.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const schema62 = {"type":"object","additionalProperties":false,"required":["model"],"properties":{"model":{"$ref":"#/$defs/model","x-change":"train"},"allowSmaller":{"type":"boolean","x-change":"live","default":false},"noise":{"$ref":"#/$defs/noise"},"training":{"$ref":"#/$defs/training"},"resolution":{"$ref":"#/$defs/resolutionOrNone"},"labelling":{"$ref":"#/$defs/labelling"},"selection":{"$ref":"#/$defs/selection"}}};

function validate51(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate51.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.model === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "model"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(((((((key0 === "model") || (key0 === "allowSmaller")) || (key0 === "noise")) || (key0 === "training")) || (key0 === "resolution")) || (key0 === "labelling")) || (key0 === "selection"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.model !== undefined){
let data0 = data.model;
if(typeof data0 === "string"){
if(func2(data0) > 100){
const err2 = {instancePath:instancePath+"/model",schemaPath:"#/$defs/model/maxLength",keyword:"maxLength",params:{limit: 100}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(func2(data0) < 1){
const err3 = {instancePath:instancePath+"/model",schemaPath:"#/$defs/model/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/model",schemaPath:"#/$defs/model/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.allowSmaller !== undefined){
if(typeof data.allowSmaller !== "boolean"){
const err5 = {instancePath:instancePath+"/allowSmaller",schemaPath:"#/properties/allowSmaller/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.noise !== undefined){
if(!(validate31(data.noise, {instancePath:instancePath+"/noise",parentData:data,parentDataProperty:"noise",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.training !== undefined){
if(!(validate35(data.training, {instancePath:instancePath+"/training",parentData:data,parentDataProperty:"training",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate35.errors : vErrors.concat(validate35.errors);
errors = vErrors.length;
}
}
if(data.resolution !== undefined){
if(!(validate45(data.resolution, {instancePath:instancePath+"/resolution",parentData:data,parentDataProperty:"resolution",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate45.errors : vErrors.concat(validate45.errors);
errors = vErrors.length;
}
}
if(data.labelling !== undefined){
let data5 = data.labelling;
if(data5 && typeof data5 == "object" && !Array.isArray(data5)){
for(const key1 in data5){
if(!((((key1 === "labels") || (key1 === "temperature")) || (key1 === "batch")) || (key1 === "shard"))){
const err6 = {instancePath:instancePath+"/labelling",schemaPath:"#/$defs/labelling/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data5.labels !== undefined){
let data6 = data5.labels;
if(!((data6 === "soft") || (data6 === "hard"))){
const err7 = {instancePath:instancePath+"/labelling/labels",schemaPath:"#/$defs/labelling/properties/labels/enum",keyword:"enum",params:{allowedValues: schema64.properties.labels.enum}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data5.temperature !== undefined){
let data7 = data5.temperature;
if((typeof data7 == "number") && (isFinite(data7))){
if(data7 > 100 || isNaN(data7)){
const err8 = {instancePath:instancePath+"/labelling/temperature",schemaPath:"#/$defs/labelling/properties/temperature/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if(data7 <= 0 || isNaN(data7)){
const err9 = {instancePath:instancePath+"/labelling/temperature",schemaPath:"#/$defs/labelling/properties/temperature/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
else {
const err10 = {instancePath:instancePath+"/labelling/temperature",schemaPath:"#/$defs/labelling/properties/temperature/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data5.batch !== undefined){
let data8 = data5.batch;
const _errs18 = errors;
let valid4 = false;
let passing0 = null;
const _errs19 = errors;
if(!(data8 === "auto")){
const err11 = {instancePath:instancePath+"/labelling/batch",schemaPath:"#/$defs/labelling/properties/batch/oneOf/0/enum",keyword:"enum",params:{allowedValues: schema64.properties.batch.oneOf[0].enum}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
var _valid0 = _errs19 === errors;
if(_valid0){
valid4 = true;
passing0 = 0;
}
const _errs20 = errors;
if(!(((typeof data8 == "number") && (!(data8 % 1) && !isNaN(data8))) && (isFinite(data8)))){
const err12 = {instancePath:instancePath+"/labelling/batch",schemaPath:"#/$defs/labelling/properties/batch/oneOf/1/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if((typeof data8 == "number") && (isFinite(data8))){
if(data8 > 65536 || isNaN(data8)){
const err13 = {instancePath:instancePath+"/labelling/batch",schemaPath:"#/$defs/labelling/properties/batch/oneOf/1/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65536}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data8 < 1 || isNaN(data8)){
const err14 = {instancePath:instancePath+"/labelling/batch",schemaPath:"#/$defs/labelling/properties/batch/oneOf/1/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
var _valid0 = _errs20 === errors;
if(_valid0 && valid4){
valid4 = false;
passing0 = [passing0, 1];
}
else {
if(_valid0){
valid4 = true;
passing0 = 1;
}
}
if(!valid4){
const err15 = {instancePath:instancePath+"/labelling/batch",schemaPath:"#/$defs/labelling/properties/batch/oneOf",keyword:"oneOf",params:{passingSchemas: passing0}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
else {
errors = _errs18;
if(vErrors !== null){
if(_errs18){
vErrors.length = _errs18;
}
else {
vErrors = null;
}
}
}
}
if(data5.shard !== undefined){
let data9 = data5.shard;
if(!(((typeof data9 == "number") && (!(data9 % 1) && !isNaN(data9))) && (isFinite(data9)))){
const err16 = {instancePath:instancePath+"/labelling/shard",schemaPath:"#/$defs/labelling/properties/shard/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 1000000 || isNaN(data9)){
const err17 = {instancePath:instancePath+"/labelling/shard",schemaPath:"#/$defs/labelling/properties/shard/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
if(data9 < 1 || isNaN(data9)){
const err18 = {instancePath:instancePath+"/labelling/shard",schemaPath:"#/$defs/labelling/properties/shard/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
}
}
else {
const err19 = {instancePath:instancePath+"/labelling",schemaPath:"#/$defs/labelling/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(data.selection !== undefined){
let data10 = data.selection;
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
for(const key2 in data10){
if(!(((key2 === "confidence") || (key2 === "perClass")) || (key2 === "balance"))){
const err20 = {instancePath:instancePath+"/selection",schemaPath:"#/$defs/selection/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2}};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
if(data10.confidence !== undefined){
let data11 = data10.confidence;
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 > 1 || isNaN(data11)){
const err21 = {instancePath:instancePath+"/selection/confidence",schemaPath:"#/$defs/selection/properties/confidence/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1}};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
if(data11 < 0 || isNaN(data11)){
const err22 = {instancePath:instancePath+"/selection/confidence",schemaPath:"#/$defs/selection/properties/confidence/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
else {
const err23 = {instancePath:instancePath+"/selection/confidence",schemaPath:"#/$defs/selection/properties/confidence/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(data10.perClass !== undefined){
let data12 = data10.perClass;
if((!(((typeof data12 == "number") && (!(data12 % 1) && !isNaN(data12))) && (isFinite(data12)))) && (data12 !== null)){
const err24 = {instancePath:instancePath+"/selection/perClass",schemaPath:"#/$defs/selection/properties/perClass/type",keyword:"type",params:{type: schema65.properties.perClass.type}};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
if((typeof data12 == "number") && (isFinite(data12))){
if(data12 > 1000000000 || isNaN(data12)){
const err25 = {instancePath:instancePath+"/selection/perClass",schemaPath:"#/$defs/selection/properties/perClass/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000000}};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
if(data12 < 1 || isNaN(data12)){
const err26 = {instancePath:instancePath+"/selection/perClass",schemaPath:"#/$defs/selection/properties/perClass/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
}
if(data10.balance !== undefined){
let data13 = data10.balance;
if(!(((data13 === "duplicate") || (data13 === "thin")) || (data13 === "none"))){
const err27 = {instancePath:instancePath+"/selection/balance",schemaPath:"#/$defs/selection/properties/balance/enum",keyword:"enum",params:{allowedValues: schema65.properties.balance.enum}};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
}
else {
const err28 = {instancePath:instancePath+"/selection",schemaPath:"#/$defs/selection/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
}
else {
const err29 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
validate51.errors = vErrors;
return errors === 0;
}
validate51.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};


function validate20(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="pipeline.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate20.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.version === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "version"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.name === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "name"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data.data === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "data"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(data.teacher === undefined){
const err3 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "teacher"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data.students === undefined){
const err4 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "students"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
for(const key0 in data){
if(!(func1.call(schema31.properties, key0))){
const err5 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.version !== undefined){
if(1 !== data.version){
const err6 = {instancePath:instancePath+"/version",schemaPath:"#/properties/version/const",keyword:"const",params:{allowedValue: 1}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.name !== undefined){
let data1 = data.name;
if(typeof data1 === "string"){
if(func2(data1) > 60){
const err7 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/maxLength",keyword:"maxLength",params:{limit: 60}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(!pattern4.test(data1)){
const err8 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]+(-[a-z0-9]+)*$"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
else {
const err9 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.seed !== undefined){
let data2 = data.seed;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err10 = {instancePath:instancePath+"/seed",schemaPath:"#/properties/seed/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 4294967295 || isNaN(data2)){
const err11 = {instancePath:instancePath+"/seed",schemaPath:"#/properties/seed/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
if(data2 < 0 || isNaN(data2)){
const err12 = {instancePath:instancePath+"/seed",schemaPath:"#/properties/seed/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
}
if(data.data !== undefined){
if(!(validate21(data.data, {instancePath:instancePath+"/data",parentData:data,parentDataProperty:"data",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate21.errors : vErrors.concat(validate21.errors);
errors = vErrors.length;
}
}
if(data.teacher !== undefined){
if(!(validate23(data.teacher, {instancePath:instancePath+"/teacher",parentData:data,parentDataProperty:"teacher",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate23.errors : vErrors.concat(validate23.errors);
errors = vErrors.length;
}
}
if(data.students !== undefined){
let data5 = data.students;
if(Array.isArray(data5)){
if(data5.length > 8){
const err13 = {instancePath:instancePath+"/students",schemaPath:"#/properties/students/maxItems",keyword:"maxItems",params:{limit: 8}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data5.length < 1){
const err14 = {instancePath:instancePath+"/students",schemaPath:"#/properties/students/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
const len0 = data5.length;
for(let i0=0; i0<len0; i0++){
if(!(validate51(data5[i0], {instancePath:instancePath+"/students/" + i0,parentData:data5,parentDataProperty:i0,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate51.errors : vErrors.concat(validate51.errors);
errors = vErrors.length;
}
}
}
else {
const err15 = {instancePath:instancePath+"/students",schemaPath:"#/properties/students/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data.baseline !== undefined){
let data7 = data.baseline;
if(!((data7 === "same-compute") || (data7 === "none"))){
const err16 = {instancePath:instancePath+"/baseline",schemaPath:"#/properties/baseline/enum",keyword:"enum",params:{allowedValues: schema31.properties.baseline.enum}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data.noise !== undefined){
if(!(validate31(data.noise, {instancePath:instancePath+"/noise",parentData:data,parentDataProperty:"noise",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.training !== undefined){
if(!(validate35(data.training, {instancePath:instancePath+"/training",parentData:data,parentDataProperty:"training",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate35.errors : vErrors.concat(validate35.errors);
errors = vErrors.length;
}
}
if(data.resolution !== undefined){
if(!(validate45(data.resolution, {instancePath:instancePath+"/resolution",parentData:data,parentDataProperty:"resolution",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate45.errors : vErrors.concat(validate45.errors);
errors = vErrors.length;
}
}
if(data.labelling !== undefined){
let data11 = data.labelling;
if(data11 && typeof data11 == "object" && !Array.isArray(data11)){
for(const key1 in data11){
if(!((((key1 === "labels") || (key1 === "temperature")) || (key1 === "batch")) || (key1 === "shard"))){
const err17 = {instancePath:instancePath+"/labelling",schemaPath:"#/$defs/labelling/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
if(data11.labels !== undefined){
let data12 = data11.labels;
if(!((data12 === "soft") || (data12 === "hard"))){
const err18 = {instancePath:instancePath+"/labelling/labels",schemaPath:"#/$defs/labelling/properties/labels/enum",keyword:"enum",params:{allowedValues: schema64.properties.labels.enum}};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data11.temperature !== undefined){
let data13 = data11.temperature;
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 100 || isNaN(data13)){
const err19 = {instancePath:instancePath+"/labelling/temperature",schemaPath:"#/$defs/labelling/properties/temperature/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100}};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
if(data13 <= 0 || isNaN(data13)){
const err20 = {instancePath:instancePath+"/labelling/temperature",schemaPath:"#/$defs/labelling/properties/temperature/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0}};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
else {
const err21 = {instancePath:instancePath+"/labelling/temperature",schemaPath:"#/$defs/labelling/properties/temperature/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data11.batch !== undefined){
let data14 = data11.batch;
const _errs24 = errors;
let valid5 = false;
let passing0 = null;
const _errs25 = errors;
if(!(data14 === "auto")){
const err22 = {instancePath:instancePath+"/labelling/batch",schemaPath:"#/$defs/labelling/properties/batch/oneOf/0/enum",keyword:"enum",params:{allowedValues: schema64.properties.batch.oneOf[0].enum}};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
var _valid0 = _errs25 === errors;
if(_valid0){
valid5 = true;
passing0 = 0;
}
const _errs26 = errors;
if(!(((typeof data14 == "number") && (!(data14 % 1) && !isNaN(data14))) && (isFinite(data14)))){
const err23 = {instancePath:instancePath+"/labelling/batch",schemaPath:"#/$defs/labelling/properties/batch/oneOf/1/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 65536 || isNaN(data14)){
const err24 = {instancePath:instancePath+"/labelling/batch",schemaPath:"#/$defs/labelling/properties/batch/oneOf/1/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65536}};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
if(data14 < 1 || isNaN(data14)){
const err25 = {instancePath:instancePath+"/labelling/batch",schemaPath:"#/$defs/labelling/properties/batch/oneOf/1/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
var _valid0 = _errs26 === errors;
if(_valid0 && valid5){
valid5 = false;
passing0 = [passing0, 1];
}
else {
if(_valid0){
valid5 = true;
passing0 = 1;
}
}
if(!valid5){
const err26 = {instancePath:instancePath+"/labelling/batch",schemaPath:"#/$defs/labelling/properties/batch/oneOf",keyword:"oneOf",params:{passingSchemas: passing0}};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
else {
errors = _errs24;
if(vErrors !== null){
if(_errs24){
vErrors.length = _errs24;
}
else {
vErrors = null;
}
}
}
}
if(data11.shard !== undefined){
let data15 = data11.shard;
if(!(((typeof data15 == "number") && (!(data15 % 1) && !isNaN(data15))) && (isFinite(data15)))){
const err27 = {instancePath:instancePath+"/labelling/shard",schemaPath:"#/$defs/labelling/properties/shard/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
if((typeof data15 == "number") && (isFinite(data15))){
if(data15 > 1000000 || isNaN(data15)){
const err28 = {instancePath:instancePath+"/labelling/shard",schemaPath:"#/$defs/labelling/properties/shard/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000}};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
if(data15 < 1 || isNaN(data15)){
const err29 = {instancePath:instancePath+"/labelling/shard",schemaPath:"#/$defs/labelling/properties/shard/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
}
}
else {
const err30 = {instancePath:instancePath+"/labelling",schemaPath:"#/$defs/labelling/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
if(data.selection !== undefined){
let data16 = data.selection;
if(data16 && typeof data16 == "object" && !Array.isArray(data16)){
for(const key2 in data16){
if(!(((key2 === "confidence") || (key2 === "perClass")) || (key2 === "balance"))){
const err31 = {instancePath:instancePath+"/selection",schemaPath:"#/$defs/selection/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2}};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data16.confidence !== undefined){
let data17 = data16.confidence;
if((typeof data17 == "number") && (isFinite(data17))){
if(data17 > 1 || isNaN(data17)){
const err32 = {instancePath:instancePath+"/selection/confidence",schemaPath:"#/$defs/selection/properties/confidence/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1}};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
if(data17 < 0 || isNaN(data17)){
const err33 = {instancePath:instancePath+"/selection/confidence",schemaPath:"#/$defs/selection/properties/confidence/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
else {
const err34 = {instancePath:instancePath+"/selection/confidence",schemaPath:"#/$defs/selection/properties/confidence/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
if(data16.perClass !== undefined){
let data18 = data16.perClass;
if((!(((typeof data18 == "number") && (!(data18 % 1) && !isNaN(data18))) && (isFinite(data18)))) && (data18 !== null)){
const err35 = {instancePath:instancePath+"/selection/perClass",schemaPath:"#/$defs/selection/properties/perClass/type",keyword:"type",params:{type: schema65.properties.perClass.type}};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 1000000000 || isNaN(data18)){
const err36 = {instancePath:instancePath+"/selection/perClass",schemaPath:"#/$defs/selection/properties/perClass/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000000}};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
if(data18 < 1 || isNaN(data18)){
const err37 = {instancePath:instancePath+"/selection/perClass",schemaPath:"#/$defs/selection/properties/perClass/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
}
if(data16.balance !== undefined){
let data19 = data16.balance;
if(!(((data19 === "duplicate") || (data19 === "thin")) || (data19 === "none"))){
const err38 = {instancePath:instancePath+"/selection/balance",schemaPath:"#/$defs/selection/properties/balance/enum",keyword:"enum",params:{allowedValues: schema65.properties.balance.enum}};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
}
else {
const err39 = {instancePath:instancePath+"/selection",schemaPath:"#/$defs/selection/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
}
else {
const err40 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
validate20.errors = vErrors;
return errors === 0;
}
validate20.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

